#include "task/shape.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "base/nearest.h"

namespace bantam {
namespace {

const RecordSpec* Child(const RecordSpec& record, const PathStep& step) {
  for (size_t i = 0; i < record.children.size(); ++i) {
    const bool found =
        record.kind == RecordSpec::Kind::kMap ? record.keys[i] == step.key : static_cast<int64_t>(i) == step.index;
    if (found) return &record.children[i];
  }
  return nullptr;
}

}  // namespace

std::string CycleText(const Graph& graph, const std::vector<int>& open, int again) {
  std::string text;
  for (auto node = std::find(open.begin(), open.end(), again); node != open.end(); ++node) {
    text += graph.nodes[static_cast<size_t>(*node)].name + " -> ";
  }
  return text + graph.nodes[static_cast<size_t>(again)].name;
}

ShapeFinder::ShapeFinder(Graph& graph) : graph_(graph), states_(graph.nodes.size(), State::kUnknown) {}

Shape ShapeFinder::Find(const Path& path, const std::string& where, const ChoiceSpec* element) {
  Shape shape = Root(path, element);
  for (size_t step = 1; step < path.steps.size(); ++step) shape = Follow(shape, path, step, where);
  return shape;
}

Shape ShapeFinder::Root(const Path& path, const ChoiceSpec* element) {
  if (path.root == Path::Root::kFile) return {.values = {path.file}};
  if (path.root == Path::Root::kIt) return {.values = element->elements};
  FindElements(path.node);
  const GraphNode& node = graph_.nodes[static_cast<size_t>(path.node)];
  if (const ChoiceSpec* choice = node.choice()) {
    return {.values = choice->elements, .several = choice->count.has_value()};
  }
  if (const auto* record = std::get_if<RecordSpec>(&node.spec)) return {.record = record};
  return {.text = true};
}

Shape ShapeFinder::Follow(const Shape& shape, const Path& path, size_t step, const std::string& where) const {
  const PathStep& next = path.steps[step];
  const auto fail = [&](const std::string& what, const std::string& hint) {
    std::string before = path.steps[0].key;
    for (size_t i = 1; i < step; ++i) before += "." + path.steps[i].key;
    Fail(ErrorCode::kFormat, fmt::format("path \"{}\": {} {}", path.text, before, what), where, hint);
  };
  if (shape.text) fail("is a text and has no fields", "");
  if (shape.several) {
    if (next.index < 0) fail("is a list of elements", fmt::format("number one: {}.0.{}", path.steps[0].key, next.key));
    return {.values = shape.values};
  }
  Shape result;
  bool list = false;
  for (const Json* value : shape.values) {
    list |= value->is_array();
    if (value->is_object() && value->contains(next.key)) result.values.push_back(&value->at(next.key));
    if (value->is_array() && next.index >= 0 && static_cast<size_t>(next.index) < value->size()) {
      result.values.push_back(&(*value)[static_cast<size_t>(next.index)]);
    }
  }
  if (shape.record != nullptr) result.record = Child(*shape.record, next);
  if (result.record != nullptr && result.record->kind == RecordSpec::Kind::kText) return {.text = true};
  if (result.values.empty() && result.record == nullptr) {
    if (list && next.index < 0) fail("is a list", "number an element, or choose one in a node of its own");
    fail(fmt::format("has no \"{}\"", next.key), NearestHint(next.key, KnownSteps(shape)));
  }
  return result;
}

std::vector<std::string> ShapeFinder::KnownSteps(const Shape& shape) const {
  std::set<std::string> keys;
  for (const Json* value : shape.values) {
    if (!value->is_object()) continue;
    for (const auto& [key, member] : value->items()) keys.insert(key);
  }
  if (shape.record != nullptr) keys.insert(shape.record->keys.begin(), shape.record->keys.end());
  return {keys.begin(), keys.end()};
}

void ShapeFinder::FindElements(int index) {
  GraphNode& node = graph_.nodes[static_cast<size_t>(index)];
  ChoiceSpec* choice = node.choice();
  State& state = states_[static_cast<size_t>(index)];
  if (choice == nullptr || state == State::kKnown) return;
  if (state == State::kInProgress) {
    Fail(ErrorCode::kFormat, fmt::format("nodes go round in a circle: {}", CycleText(graph_, open_, index)),
         node.where);
  }
  state = State::kInProgress;
  open_.push_back(index);
  const std::string what = choice->list ? choice->list->text : "choice";
  const Shape shape = choice->list ? Find(*choice->list, node.where) : Shape{.values = {choice->inline_list}};
  if (shape.text || shape.record != nullptr) {
    Fail(ErrorCode::kFormat, fmt::format("\"{}\" is no list", what), node.where,
         "a choice draws from a list in a file, in the node itself or in an element that another choice drew");
  }
  if (shape.several) choice->lists.push_back(shape.values);
  for (const Json* value : shape.values) {
    if (shape.several) break;
    if (value->is_array()) {
      choice->lists.emplace_back();
      for (const Json& element : *value) choice->lists.back().push_back(&element);
    } else if (!value->is_null()) {
      Fail(ErrorCode::kFormat, fmt::format("\"{}\" is {}, a list is needed", what, value->type_name()), node.where);
    }
  }
  for (const auto& list : choice->lists) choice->elements.insert(choice->elements.end(), list.begin(), list.end());
  if (choice->elements.empty()) Fail(ErrorCode::kFormat, fmt::format("\"{}\" is an empty list", what), node.where);
  open_.pop_back();
  state = State::kKnown;
}

}  // namespace bantam
