#include "task/draft.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "task/hash.h"
#include "task/weighted.h"

namespace bantam {
namespace {

constexpr int kSplitAttempts = 1000;

}  // namespace

Draft::Draft(const Graph& graph, uint64_t seed, int64_t index, Split split, int attempt, int64_t* steps)
    : graph_(graph), seed_(seed), index_(index), split_(split), states_(graph.nodes.size()), steps_(steps) {
  key_ = Combine(Combine(Combine(seed, static_cast<uint64_t>(split)), static_cast<uint64_t>(index)),
                 static_cast<uint64_t>(attempt));
}

void Draft::FailSample(std::string what, const std::string& where, std::string hint) const {
  Fail(ErrorCode::kFormat, fmt::format("{}, in sample {} of seed {}, split {}", what, index_, seed_, Name(split_)),
       where, std::move(hint));
}

bool Draft::DrawNodes(const Cell* cell) {
  for (const int index : graph_.order) {
    const GraphNode& node = graph_.nodes[static_cast<size_t>(index)];
    const auto stratified = std::find(graph_.stratify.begin(), graph_.stratify.end(), index);
    if (cell == nullptr || stratified == graph_.stratify.end()) {
      DrawNode(index);
      continue;
    }
    const Json* element = (*cell)[static_cast<size_t>(stratified - graph_.stratify.begin())];
    if (element != nullptr && node.choice()->only && !Holds(*node.choice()->only, element)) return false;
    SetElement(index, element);
  }
  return true;
}

void Draft::SetElement(int node, const Json* element) {
  State& state = states_[static_cast<size_t>(node)];
  state.kind = element == nullptr ? State::Kind::kAbsent : State::Kind::kElement;
  state.element = element;
}

bool Draft::Holds(const Expression& condition, const Json* it) {
  return condition.Holds([&](const Path& path) { return Look(path, it); });
}

void Draft::DrawNode(int index) {
  const GraphNode& node = graph_.nodes[static_cast<size_t>(index)];
  State& state = states_[static_cast<size_t>(index)];
  if (node.when && !Holds(*node.when)) return;
  Rng rng(key_, node.stream);
  if (const ChoiceSpec* choice = node.choice()) {
    DrawChoice(node, *choice, rng, state);
  } else if (const auto* record = std::get_if<RecordSpec>(&node.spec)) {
    state.record = BuildRecord(*record, rng);
    state.kind = State::Kind::kRecord;
  } else {
    state.text = node.partition ? DrawInSplit(node, rng) : DrawText(node, rng);
    state.kind = State::Kind::kText;
  }
}

// Draws again until the text belongs to this sample's split: a split's texts are those whose hash says so.
std::string Draft::DrawInSplit(const GraphNode& node, Rng& rng) {
  const uint64_t domain = Combine(HashText(graph_.name), node.stream);
  for (int attempt = 0; attempt < kSplitAttempts; ++attempt) {
    std::string text = DrawText(node, rng);
    if (SplitOfHash(Combine(domain, HashText(text)), graph_.shares) == split_) return text;
  }
  FailSample(fmt::format("{} draws gave no text of this split", kSplitAttempts), node.where,
             "a partition needs many different texts");
}

std::string Draft::DrawText(const GraphNode& node, Rng& rng) {
  std::string text;
  if (const auto* spec = std::get_if<TemplateSpec>(&node.spec)) {
    Expand(Pick(spec->alternatives, rng, node.where, nullptr, false).text, rng, &text);
    return text;
  }
  if (const auto* spec = std::get_if<EndpointSpec>(&node.spec)) return AskEndpoint(node, *spec, rng);
  const auto& spec = std::get<GrammarSpec>(node.spec);
  Grammar grammar{&spec, {}};
  for (const Rule& rule : spec.rules) grammar.taken.emplace_back(rule.alternatives.size());
  grammar_ = &grammar;
  const auto start = static_cast<size_t>(spec.start);
  Expand(Pick(spec.rules[start].alternatives, rng, spec.rules[start].where, &grammar.taken[start], false).text, rng,
         &text);
  grammar_ = nullptr;
  return TidySpaces(text);
}

std::string Draft::AskEndpoint(const GraphNode& node, const EndpointSpec& spec, Rng& rng) {
  if (graph_.endpoint == nullptr) {
    FailSample("no endpoint may be asked here", node.where, "bantam content synth --allow-endpoint URL can");
  }
  ChatRequest request{.url = spec.url,
                      .model = spec.model,
                      .max_tokens = spec.max_tokens,
                      .temperature = spec.temperature,
                      .api_key_env = spec.api_key_env};
  if (spec.system) Expand(*spec.system, rng, &request.messages.emplace_back(Message{"system", ""}).content);
  Expand(spec.prompt, rng, &request.messages.emplace_back(Message{"user", ""}).content);
  request.seed = rng.NextU32() >> 1;
  std::string answer = SanitizeUtf8(graph_.endpoint->Complete(request));
  if (answer.size() > kMaximalTextBytes)
    FailSample(fmt::format("answers more than {} bytes", kMaximalTextBytes), node.where);
  answer.erase(answer.find_last_not_of(" \n\r\t") + 1);  // servers differ in the white space around an answer
  answer.erase(0, answer.find_first_not_of(" \n\r\t"));
  return answer;
}

Json Draft::BuildRecord(const RecordSpec& record, Rng& rng) {
  Json built;
  switch (record.kind) {
    case RecordSpec::Kind::kConstant:
      return record.constant;
    case RecordSpec::Kind::kText: {
      std::string text;
      Expand(record.text, rng, &text);
      return text;
    }
    case RecordSpec::Kind::kMap:
      built = Json::object();
      for (size_t i = 0; i < record.keys.size(); ++i) built[record.keys[i]] = BuildRecord(record.children[i], rng);
      break;
    case RecordSpec::Kind::kList:
      built = Json::array();
      for (const RecordSpec& element : record.children) built.push_back(BuildRecord(element, rng));
      break;
  }
  return built;
}

std::vector<const Json*> Draft::Candidates(const GraphNode& node) {
  const ChoiceSpec& choice = *node.choice();
  std::vector<const Json*> candidates;
  if (choice.list && choice.list->root == Path::Root::kNode) {
    const Value list = Look(*choice.list, nullptr);
    if (list.kind == Value::Kind::kAbsent) return candidates;
    if (list.kind != Value::Kind::kList) {
      FailSample(fmt::format("\"{}\" is {}, a list is needed", choice.list->text, Name(list.kind)), node.where);
    }
    for (size_t i = 0; i < list.size(); ++i) candidates.push_back(&list.at(i));
  } else {
    candidates = choice.elements;
  }
  if (node.partition) {
    std::erase_if(candidates, [&](const Json* element) { return choice.dealt.at(element) != split_; });
  }
  return candidates;
}

double Draft::WeightOf(const ChoiceSpec& choice, const Json* element) {
  if (!choice.weights.empty()) {
    return choice.weights[static_cast<size_t>(element - choice.elements.front())];  // of one list, side by side
  }
  if (choice.weight_field.empty() || !element->is_object()) return 1;
  const auto field = element->find(choice.weight_field);
  return field == element->end() ? 1 : field->get<double>();
}

void Draft::DrawChoice(const GraphNode& node, const ChoiceSpec& choice, Rng& rng, State& state) {
  std::vector<const Json*> candidates = Candidates(node);
  const bool had_any = !candidates.empty();
  if (choice.only) std::erase_if(candidates, [&](const Json* element) { return !Holds(*choice.only, element); });
  std::vector<double> weights;
  for (const Json* element : candidates) weights.push_back(WeightOf(choice, element));
  const auto key_of = [&](const Json* element) -> const Json& {
    if (choice.distinct.empty() || !element->is_object()) return *element;
    const auto field = element->find(choice.distinct);
    return field == element->end() ? *element : *field;
  };
  for (int64_t drawn = 0; drawn < choice.count.value_or(1); ++drawn) {
    const int picked = PickWeighted(weights, rng);
    if (picked < 0) {
      FailSample(drawn > 0     ? fmt::format("only {} of {} elements can be drawn", drawn, *choice.count)
                 : !had_any    ? "there is nothing to choose from"
                 : choice.only ? "\"only\" leaves nothing to choose from"
                               : "no element has a weight above 0",
                 node.where);
    }
    const Json* element = candidates[static_cast<size_t>(picked)];
    state.elements.push_back(element);
    for (size_t i = 0; i < candidates.size() && choice.count; ++i) {
      if (weights[i] > 0 && key_of(candidates[i]) == key_of(element)) weights[i] = 0;
    }
  }
  state.kind = choice.count ? State::Kind::kElements : State::Kind::kElement;
  state.element = state.elements[0];
}

std::string Draft::Output(const Template& text, const std::string& name) {
  Rng rng(key_, HashText("output:" + name));  // no node's name has a colon
  std::string out;
  Expand(text, rng, &out);
  return out;
}

Json Draft::Nodes() const {
  Json nodes = Json::object();
  for (const int index : graph_.order) {
    const State& state = states_[static_cast<size_t>(index)];
    const std::string& name = graph_.nodes[static_cast<size_t>(index)].name;
    switch (state.kind) {
      case State::Kind::kAbsent:
        break;
      case State::Kind::kText:
        nodes[name] = state.text;
        break;
      case State::Kind::kElement:
        nodes[name] = WithExpandedTexts(index, *state.element);
        break;
      case State::Kind::kElements:
        nodes[name] = Json::array();
        for (const Json* element : state.elements) nodes[name].push_back(WithExpandedTexts(index, *element));
        break;
      case State::Kind::kRecord:
        nodes[name] = state.record;
        break;
    }
  }
  return nodes;
}

Json Draft::WithExpandedTexts(int node, const Json& value) const {
  if (value.is_string()) {
    const auto found = expanded_.find({node, &value});
    return found == expanded_.end() ? value : Json(found->second);
  }
  Json copy = value.is_object() ? Json::object() : value.is_array() ? Json::array() : value;
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) copy[key] = WithExpandedTexts(node, member);
  } else if (value.is_array()) {
    for (const Json& element : value) copy.push_back(WithExpandedTexts(node, element));
  }
  return copy;
}

}  // namespace bantam
