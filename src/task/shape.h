// What a path can stand for, known before anything is drawn: from it follow errors for paths that lead nowhere, the texts
// that may be expanded, and so which nodes a node reads.
#pragma once

#include <vector>

#include "task/graph.h"

namespace bantam {

struct Shape {
  bool text = false;                     // a text that a node makes
  std::vector<const Json*> values = {};  // or one of these values of files and inline lists,
  bool several = false;                  // or a list of some of them, where a choice has a count;
  const RecordSpec* record = nullptr;    // or a record that a node builds, or a part of one
};

// Resolves paths of a graph whose roots are bound.
class ShapeFinder {
 public:
  explicit ShapeFinder(Graph& graph);

  // kFormat naming `where` when the path leads nowhere in every case, or when lists of choices go round in a circle.
  // `element` is what `it` stands for.
  Shape Find(const Path& path, const std::string& where, const ChoiceSpec* element = nullptr);

  // Fills in ChoiceSpec::elements.
  void FindElements(int node);

 private:
  Shape Root(const Path& path, const ChoiceSpec* element);
  Shape Follow(const Shape& shape, const Path& path, size_t step, const std::string& where) const;
  std::vector<std::string> KnownSteps(const Shape& shape) const;

  Graph& graph_;
  enum class State { kUnknown, kInProgress, kKnown };
  std::vector<State> states_;  // [nodes]
  std::vector<int> open_;      // choices whose lists are being found
};

// "a -> b -> a"
std::string CycleText(const Graph& graph, const std::vector<int>& open, int again);

}  // namespace bantam
