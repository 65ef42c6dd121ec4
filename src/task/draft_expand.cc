// The half of a draft that expands texts.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "task/draft.h"
#include "task/hash.h"
#include "task/weighted.h"

namespace bantam {
namespace {

constexpr int kMaximalDepth = 64;
constexpr int64_t kMaximalSteps = 1'000'000;  // of a sample with all its attempts; a poster takes some hundred

// The value at the end of a path; null when a step is missing.
const Json* Walk(const Json* value, const Path& path, size_t step) {
  for (; step < path.steps.size(); ++step) {
    const PathStep& next = path.steps[step];
    if (value->is_object()) {
      const auto found = value->find(next.key);
      if (found == value->end()) return nullptr;
      value = &*found;
    } else if (value->is_array() && next.index >= 0 && static_cast<size_t>(next.index) < value->size()) {
      value = &(*value)[static_cast<size_t>(next.index)];
    } else {
      return nullptr;
    }
  }
  return value;
}

}  // namespace

// Counts nested expansions: rules that use themselves and texts that lead back to themselves must end.
class Draft::DepthGuard {
 public:
  DepthGuard(Draft& draft, const std::string& where) : draft_(draft) {
    if (draft_.depth_ == kMaximalDepth) {
      draft_.FailSample(fmt::format("expands deeper than {} levels", kMaximalDepth), where,
                        "a rule or text that uses itself needs alternatives that do not");
    }
    ++draft_.depth_;
  }
  ~DepthGuard() { --draft_.depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

 private:
  Draft& draft_;
};

Value Draft::Look(const Path& path, const Json* it) {
  const auto at_end = [&](const Json* root, size_t step) {
    const Json* value = Walk(root, path, step);
    if (value == nullptr) return Value();
    if (value->is_string() && path.root == Path::Root::kNode) return Value::Text(NodeText(path.node, value));
    return Value::Of(*value);
  };
  if (path.root == Path::Root::kIt) return at_end(it, 1);
  if (path.root == Path::Root::kFile) return at_end(path.file, 1);
  const State& state = states_[static_cast<size_t>(path.node)];
  switch (state.kind) {
    case State::Kind::kAbsent:
      return {};
    case State::Kind::kText:
      return Value::Text(state.text);
    case State::Kind::kElement:
      return at_end(state.element, 1);
    case State::Kind::kRecord:
      return at_end(&state.record, 1);
    case State::Kind::kElements:
      break;
  }
  if (path.steps.size() == 1) return Value::Of(state.elements);
  const int64_t index = path.steps[1].index;
  return index < std::ssize(state.elements) ? at_end(state.elements[static_cast<size_t>(index)], 2) : Value();
}

std::string_view Draft::NodeText(int node, const Json* text) {
  const auto& source = text->get_ref<const std::string&>();
  const auto compiled = graph_.texts.find(text);
  if (compiled == graph_.texts.end()) return source;
  const std::pair key(node, text);
  if (const auto found = expanded_.find(key); found != expanded_.end()) return found->second;
  Rng rng(key_, Combine(graph_.nodes[static_cast<size_t>(node)].stream, HashText(source)));
  std::string expanded;
  Expand(compiled->second, rng, &expanded);
  return expanded_.emplace(key, std::move(expanded)).first->second;
}

void Draft::Expand(const Template& text, Rng& rng, std::string* out) {
  const DepthGuard guard(*this, text.where);
  for (const Piece& piece : text.pieces) {
    if (++*steps_ > kMaximalSteps) {
      FailSample(fmt::format("takes more than {} steps to expand", kMaximalSteps), text.where);
    }
    switch (piece.kind) {
      case Piece::Kind::kText:
        *out += piece.text;
        break;
      case Piece::Kind::kPath:
        Insert(piece, rng, text.where, out);
        break;
      case Piece::Kind::kRule:
        ExpandRule(piece, rng, text.where, out);
        break;
      case Piece::Kind::kChoice:
        Expand(piece.alternatives[static_cast<size_t>(PickWeighted(piece.weights, rng))], rng, out);
        break;
    }
    if (out->size() > kMaximalTextBytes)
      FailSample(fmt::format("expands to more than {} bytes", kMaximalTextBytes), text.where);
  }
}

void Draft::ExpandRule(const Piece& piece, Rng& rng, const std::string& where, std::string* out) {
  const auto index = static_cast<size_t>(piece.rule);
  const Rule& rule = grammar_->spec->rules[index];
  Expand(Pick(rule.alternatives, rng, piece.unique ? where : rule.where, &grammar_->taken[index], piece.unique).text,
         rng, out);
}

const Alternative& Draft::Pick(const std::vector<Alternative>& alternatives, Rng& rng, const std::string& where,
                               std::vector<bool>* taken, bool unique) {
  std::vector<double> weights(alternatives.size());
  for (size_t i = 0; i < alternatives.size(); ++i) {
    if (unique && (*taken)[i]) continue;
    if (alternatives[i].when && !Holds(*alternatives[i].when)) continue;
    weights[i] = alternatives[i].weight;
  }
  const int picked = PickWeighted(weights, rng);
  if (picked < 0) {
    FailSample(unique ? "every alternative of the rule that \"when\" allows is taken already"
                      : "\"when\" leaves no alternative",
               where, unique ? "give the rule more alternatives" : "");
  }
  if (taken != nullptr) (*taken)[static_cast<size_t>(picked)] = true;
  return alternatives[static_cast<size_t>(picked)];
}

void Draft::Insert(const Piece& piece, Rng& rng, const std::string& where, std::string* out) {
  const Value value = Look(piece.path, nullptr);
  if (value.kind == Value::Kind::kAbsent) return;
  auto filter = piece.filters.begin();
  std::string text;
  if (value.kind == Value::Kind::kList) {
    const auto join = std::find_if(filter, piece.filters.end(), [](const Filter& f) { return f.JoinsLists(); });
    if (join != piece.filters.end()) {
      std::vector<std::string> elements;  // filters before the joining one are for each element
      for (size_t i = 0; i < value.size(); ++i) {
        elements.push_back(Scalar(piece.path, value.at(i), rng, where));
        for (auto f = filter; f != join; ++f) elements.back() = ApplyFilter(*f, std::move(elements.back()));
      }
      text = JoinList(*join, elements);
      filter = join + 1;
    } else if (value.size() > 0) {
      text = Scalar(piece.path, value.at(rng.NextBelow(value.size())), rng, where);
    }
  } else if (value.kind == Value::Kind::kText && piece.path.root == Path::Root::kNode) {
    text = value.text;
  } else {
    text = Scalar(piece.path, *value.json, rng, where);
  }
  for (; filter != piece.filters.end(); ++filter) text = ApplyFilter(*filter, std::move(text));
  *out += text;
}

// The text of a value or of a list's element.
std::string Draft::Scalar(const Path& path, const Json& value, Rng& rng, const std::string& where) {
  if (value.is_string()) {
    if (path.root == Path::Root::kNode) return std::string(NodeText(path.node, &value));
    const auto compiled = graph_.texts.find(&value);
    if (compiled == graph_.texts.end()) return value.get<std::string>();
    std::string expanded;
    Expand(compiled->second, rng, &expanded);
    return expanded;
  }
  if (value.is_number()) return NumberText(value);
  if (value.is_boolean()) return value.get<bool>() ? "true" : "false";
  if (value.is_null()) return {};
  FailSample(fmt::format("\"{}\" is {} here, a text is needed", path.text, Name(Value::Of(value).kind)), where);
}

}  // namespace bantam
