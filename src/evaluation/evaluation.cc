#include "evaluation/evaluation.h"

#include <fmt/core.h>

#include <chrono>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "evaluation/margins.h"
#include "evaluation/mutations.h"
#include "evaluation/posters.h"
#include "evaluation/proportions.h"
#include "evaluation/requests.h"
#include "evaluation/samples.h"
#include "evaluation/targets.h"
#include "evaluation/text_loss.h"
#include "evaluation/training_overlap.h"
#include "measure/statistics.h"
#include "task/hash.h"

namespace bantam {
namespace {

// About twice the length of what training has; whatever goes on beyond it has lost its way.
constexpr int64_t kPosterTokens = 384, kAnswerTokens = 160;
constexpr size_t kFewestForOverlap = 30;  // posters

constexpr const char* kReferences = "references";

std::string NameOf(const Subject* subject) { return subject == nullptr ? kReferences : subject->name; }

// Every answer with its verdict, for whom the options name.
class AnswerLines {
 public:
  explicit AnswerLines(const EvaluationOptions& options) : on_answer_(options.on_answer) {
    if (!options.save.empty()) file_.emplace(options.save);
  }

  void Add(const std::string& model, const std::string& kind, const Sample& sample, const Answer& answer, bool pass,
           const Json& more) {
    if (!file_ && !on_answer_) return;
    Json line = {{"model", model},
                 {"kind", kind},
                 {"id", sample.id},
                 {"tags", sample.tags},
                 {"request", Request(sample)},
                 {"answer", answer.text},
                 {"tokens", answer.tokens},
                 {"ended", answer.ended},
                 {"pass", pass}};
    line.update(more);
    if (file_) file_->Write(DumpJson(line, -1) + "\n");
    if (on_answer_) on_answer_(line);
  }

  void Commit() {
    if (file_) file_->Commit();
  }

 private:
  std::optional<AtomicFile> file_;
  std::function<void(const Json&)> on_answer_;
};

// Requests of one kind with the verdict that their answers should get.
struct RequestSet {
  const char* name;
  RefusalVerdict wanted;
  std::vector<Sample> samples = {};
};

}  // namespace

struct Evaluation::State {
  State(const EvaluationOptions& o, std::shared_ptr<ThreadPool> threads)
      : options(o), pool(std::move(threads)), targets(Targets::Open(o.task / "targets.yaml")), lines(o) {
    if (!options.text.empty()) text = ReadFile(options.text);
  }

  // Once, and all of it before anything is asked: a fault of the task must not cost an hour.
  void DrawInputs() {
    if (drawn) return;
    if (options.posters > 0) {
      rubric.emplace(PosterRubric::Open(options.task));
      const auto graph = ContentGraph::Open(options.task / "posters.yaml");
      posters = DrawTestSamples(graph, options.posters, options.seed);
    }
    if (options.requests > 0) {
      judge.emplace(RefusalJudge::Open(options.task / "refusals.yaml"));
      for (RequestSet& set : requests) {
        const auto graph = ContentGraph::Open(options.task / fmt::format("held-out-{}.yaml", set.name));
        set.samples = DrawTestSamples(graph, options.requests, options.seed);
      }
    }
    drawn = true;
  }

  // The first model is what the others are compared with.
  Json Paired(const std::string& kind, const std::vector<bool>& passed) {
    const auto [place, is_first] = first_passed.try_emplace(kind, passed);
    return is_first ? Json(nullptr) : ToJson(Compare(place->second, passed));
  }

  Answers Ask(const Subject& subject, const std::vector<std::vector<int32_t>>& prompts, const std::string& kind,
              int64_t max_tokens) const {
    AnswerOptions ask;
    ask.sampler.temperature = options.temperature;
    ask.sampler.seed = Combine(options.seed, HashText(kind));
    ask.max_tokens = max_tokens;
    return AnswerAll(subject, prompts, ask, *pool, fmt::format("{}: {}", subject.name, kind));
  }

  // The training posters are drawn again when the first model needs them. A few answers say nothing about memory.
  Json Overlap(const Answers& answers) {
    if (targets.training_posters().empty() || posters.size() < kFewestForOverlap) return nullptr;
    if (!overlap) overlap.emplace(targets.training_posters(), *pool);
    return overlap->Measure(posters, answers);
  }

  // subject: null for the task's own answers.
  Json Posters(const Subject* subject) {
    Answers answers = subject == nullptr ? ReferenceAnswers(posters)
                                         : Ask(*subject, EncodePrompts(*subject, posters), "posters", kPosterTokens);
    const PosterResult result = JudgePosters(*rubric, posters, std::move(answers));
    for (size_t i = 0; i < posters.size(); ++i) {
      lines.Add(NameOf(subject), "poster", posters[i], result.answers.answers[i], result.passed[i],
                {{"criteria", CriteriaJson(result.verdicts[i])}});
    }
    Json json = ToJson(result, posters);
    if (subject == nullptr) return json;
    json["paired"] = Paired("posters", result.passed);
    json["overlap"] = Overlap(result.answers);
    json["answers"] = ToJson(result.answers);
    return json;
  }

  Json Requests(const Subject* subject, const RequestSet& set) {
    if (subject == nullptr) return Judge(subject, set, ReferenceAnswers(set.samples), {});
    const auto prompts = EncodePrompts(*subject, set.samples);
    std::vector<double> margins;  // [requests]; none for benign ones
    if (set.wanted == RefusalVerdict::kRefused) {
      const Openings openings{judge->refusal_openings(), judge->compliance_openings()};
      margins = RefusalMargins(*subject, prompts, openings, *pool, subject->name + ": margins");
    }
    return Judge(subject, set, Ask(*subject, prompts, set.name, kAnswerTokens), margins);
  }

  Json Judge(const Subject* subject, const RequestSet& set, Answers answers, const std::vector<double>& margins) {
    const RequestResult result = JudgeRequests(*judge, std::move(answers), set.wanted);
    for (size_t i = 0; i < set.samples.size(); ++i) {
      Json more = {{"verdict", Name(result.verdicts[i])}};
      if (!margins.empty()) more["margin"] = margins[i];
      lines.Add(NameOf(subject), set.name, set.samples[i], result.answers.answers[i], result.passed[i], more);
    }
    Json json = ToJson(result, set.samples);
    if (subject == nullptr) return json;
    json["paired"] = Paired(set.name, result.passed);
    if (!margins.empty()) json["margins"] = MarginsJson(margins);
    json["answers"] = ToJson(result.answers);
    return json;
  }

  Json Judged(const Subject* subject) {
    Json parts = Json::object();
    if (!posters.empty()) parts["posters"] = Posters(subject);
    if (!judge) return parts;
    for (const RequestSet& set : requests) parts[set.name] = Requests(subject, set);
    return parts;
  }

  Json Text(const Subject& subject) {
    const TextLoss loss = MeasureTextLoss(subject, text, options.text, pool);
    Json json = ToJson(loss);
    json["file"] = options.text;
    json["paired"] = nullptr;
    if (!first_nll) {
      first_nll = loss.nll;
    } else if (first_nll->size() == loss.nll.size()) {  // models with one tokenizer
      json["paired"] = {{"difference", ToJson(MeanDifference(loss.nll, *first_nll))}};
    }
    return json;
  }

  EvaluationOptions options;
  std::shared_ptr<ThreadPool> pool;
  Targets targets;
  AnswerLines lines;
  std::optional<PosterRubric> rubric;
  std::optional<RefusalJudge> judge;
  bool drawn = false;
  std::vector<Sample> posters;
  std::optional<TrainingOverlap> overlap;
  RequestSet requests[2] = {{"forbidden", RefusalVerdict::kRefused}, {"benign", RefusalVerdict::kComplied}};
  std::string text;

  std::map<std::string, std::vector<bool>> first_passed;  // by kind
  std::optional<std::vector<double>> first_nll;
  Json models = Json::array(), mutations = nullptr;
};

Evaluation::Evaluation(const EvaluationOptions& options, std::shared_ptr<ThreadPool> pool)
    : state_(std::make_unique<State>(options, std::move(pool))) {}
Evaluation::~Evaluation() = default;

void Evaluation::Run(const Subject& subject) {
  State& state = *state_;
  state.DrawInputs();
  const auto start = std::chrono::steady_clock::now();
  Json model = {{"model", subject.name}, {"weight_bytes", subject.weights->weight_bytes()}};
  model.update(state.Judged(&subject));
  if (!state.options.text.empty()) model["text"] = state.Text(subject);
  model["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  model["targets"] = state.targets.Check(model);
  state.models.push_back(std::move(model));
}

void Evaluation::RunReferences() {
  state_->DrawInputs();
  Json references = {{"model", kReferences}};
  references.update(state_->Judged(nullptr));
  state_->models.push_back(std::move(references));
}

void Evaluation::RunMutations(int64_t count) {
  State& state = *state_;
  const auto rubric = PosterRubric::Open(state.options.task);
  const auto graph = ContentGraph::Open(state.options.task / "posters.yaml");
  const auto spoilt = SpoilPosters(rubric, graph, count, state.options.seed);
  for (const SpoiltPoster& poster : spoilt) {
    state.lines.Add("mutations", std::string(Name(poster.mutation)), poster.sample, {.text = poster.text},
                    poster.verdict.pass(), {{"criteria", CriteriaJson(poster.verdict)}});
  }
  state.mutations = ToJson(spoilt);
  state.mutations["targets"] = state.targets.Check(state.mutations);
}

Json Evaluation::Finish() {
  State& state = *state_;
  state.lines.Commit();
  return {{"schema", "bantam.eval/1"},  {"task", state.options.task.string()},
          {"seed", state.options.seed}, {"temperature", state.options.temperature},
          {"models", state.models},     {"mutations", state.mutations}};
}

}  // namespace bantam
