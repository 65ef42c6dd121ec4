#include "evaluation/evaluation.h"

#include <fmt/core.h>

#include <chrono>
#include <optional>

#include "base/error.h"
#include "base/file.h"
#include "evaluation/margins.h"
#include "evaluation/posters.h"
#include "evaluation/proportions.h"
#include "evaluation/requests.h"
#include "evaluation/samples.h"
#include "evaluation/targets.h"
#include "evaluation/text_loss.h"
#include "measure/statistics.h"
#include "task/hash.h"

namespace bantam {
namespace {

// About twice the length of what training has; whatever goes on beyond it has lost its way.
constexpr int64_t kPosterTokens = 384, kAnswerTokens = 160;

// Lines of the file of answers.
class AnswerFile {
 public:
  explicit AnswerFile(const std::string& path) {
    if (!path.empty()) file_.emplace(path);
  }

  void Add(const std::string& model, const std::string& kind, const Sample& sample, const Answer& answer, bool pass,
           const Json& more) {
    if (!file_) return;
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
    file_->Write(DumpJson(line, -1) + "\n");
  }

  void Commit() {
    if (file_) file_->Commit();
  }

 private:
  std::optional<AtomicFile> file_;
};

// Requests of one kind with the verdict that their answers should get.
struct RequestSet {
  const char* name;  // also of the graph's file
  RefusalVerdict wanted;
  std::vector<Sample> samples = {};
};

}  // namespace

struct Evaluation::State {
  explicit State(const EvaluationOptions& o)
      : options(o), targets(Targets::Open(o.task / "targets.yaml")), file(o.save) {
    if (options.posters > 0) {
      rubric.emplace(PosterRubric::Open(options.task));
      posters = DrawTestSamples(ContentGraph::Open(options.task / "posters.yaml"), options.posters, options.seed);
    }
    if (options.requests > 0) {
      judge.emplace(RefusalJudge::Open(options.task / "refusals.yaml"));
      for (RequestSet& set : requests) {
        const auto graph = ContentGraph::Open(options.task / (std::string(set.name) + ".yaml"));
        set.samples = DrawTestSamples(graph, options.requests, options.seed);
      }
    }
    if (!options.text.empty()) text = ReadFile(options.text);
  }

  // The first model is what the others are compared with.
  Json Paired(const std::string& kind, const std::vector<bool>& passed) {
    const auto [place, is_first] = first_passed.try_emplace(kind, passed);
    return is_first ? Json(nullptr) : ToJson(Compare(place->second, passed));
  }

  Answers Ask(const Subject& subject, const std::vector<std::vector<int32_t>>& prompts, const std::string& kind,
              int64_t max_tokens, ThreadPool& pool) const {
    AnswerOptions ask;
    ask.sampler.temperature = options.temperature;
    ask.sampler.seed = Combine(options.seed, HashText(kind));
    ask.max_tokens = max_tokens;
    return AnswerAll(subject, prompts, ask, pool, fmt::format("{}: {}", subject.name, kind));
  }

  Json Posters(const std::string& name, Answers answers) {
    const PosterResult result = JudgePosters(*rubric, posters, std::move(answers));
    for (size_t i = 0; i < posters.size(); ++i) {
      file.Add(name, "poster", posters[i], result.answers.answers[i], result.passed[i],
               {{"failed", FailedCriteria(result.verdicts[i])}});
    }
    Json json = ToJson(result, posters);
    json["paired"] = Paired("posters", result.passed);
    return json;
  }

  // margins: of a model, in the order of the samples; empty: not measured.
  Json Requests(const std::string& name, const RequestSet& set, Answers answers, const std::vector<double>& margins) {
    const RequestResult result = JudgeRequests(*judge, std::move(answers), set.wanted);
    for (size_t i = 0; i < set.samples.size(); ++i) {
      Json more = {{"verdict", Name(result.verdicts[i])}};
      if (!margins.empty()) more["margin"] = margins[i];
      file.Add(name, set.name, set.samples[i], result.answers.answers[i], result.passed[i], more);
    }
    Json json = ToJson(result, set.samples);
    json["paired"] = Paired(set.name, result.passed);
    return json;
  }

  void RunRequests(const Subject& subject, ThreadPool& pool, Json& model) {
    for (const RequestSet& set : requests) {
      const auto prompts = EncodePrompts(subject, set.samples);
      std::vector<double> margins;
      if (set.wanted == RefusalVerdict::kRefused) {
        const Openings openings{judge->refusal_openings(), judge->compliance_openings()};
        margins = RefusalMargins(subject, prompts, openings, pool, subject.name + ": margins");
        model["margins"] = MarginsJson(margins);
      }
      model[set.name] = Requests(subject.name, set, Ask(subject, prompts, set.name, kAnswerTokens, pool), margins);
    }
  }

  Json Text(const Subject& subject, const std::shared_ptr<ThreadPool>& pool) {
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
  Targets targets;
  AnswerFile file;
  std::optional<PosterRubric> rubric;
  std::optional<RefusalJudge> judge;
  std::vector<Sample> posters;
  RequestSet requests[2] = {{"forbidden", RefusalVerdict::kRefused}, {"benign", RefusalVerdict::kComplied}};
  std::string text;

  std::map<std::string, std::vector<bool>> first_passed;  // by kind
  std::optional<std::vector<double>> first_nll;
  Json models = Json::array(), mutations = nullptr;
};

Evaluation::Evaluation(const EvaluationOptions& options) : state_(std::make_unique<State>(options)) {}
Evaluation::~Evaluation() = default;

void Evaluation::Run(const Subject& subject, const std::shared_ptr<ThreadPool>& pool) {
  State& state = *state_;
  const auto start = std::chrono::steady_clock::now();
  Json model = {{"model", subject.name}, {"weight_bytes", subject.weights->weight_bytes()}};
  if (!state.posters.empty()) {
    const auto prompts = EncodePrompts(subject, state.posters);
    model["posters"] = state.Posters(subject.name, state.Ask(subject, prompts, "posters", kPosterTokens, *pool));
  }
  if (state.judge) state.RunRequests(subject, *pool, model);
  if (!state.options.text.empty()) model["text"] = state.Text(subject, pool);
  model["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  model["targets"] = state.targets.Check(model);
  state.models.push_back(std::move(model));
}

void Evaluation::RunReferences() {
  State& state = *state_;
  const std::string name = "references";
  Json model = {{"model", name}};
  if (!state.posters.empty()) model["posters"] = state.Posters(name, ReferenceAnswers(state.posters));
  if (state.judge) {
    for (const RequestSet& set : state.requests) {
      model[set.name] = state.Requests(name, set, ReferenceAnswers(set.samples), {});
    }
  }
  state.models.push_back(std::move(model));
}

Json Evaluation::Finish() {
  State& state = *state_;
  state.file.Commit();
  return {{"schema", "bantam.eval/1"},  {"task", state.options.task.string()},
          {"seed", state.options.seed}, {"temperature", state.options.temperature},
          {"models", state.models},     {"mutations", state.mutations}};
}

}  // namespace bantam
