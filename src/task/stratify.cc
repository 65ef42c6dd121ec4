// The cells of a stratified graph: every combination of the stratified nodes' values that `when` and `only` allow.
//
// What decides a stratified node must be stratified too, except its `only`: where that reads other nodes, the combination
// counts as allowed and drafts that break it are drawn again.
#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "task/draft.h"
#include "task/graph.h"

namespace bantam {
namespace {

constexpr int64_t kMaximalTries = 1'000'000;

class CellFinder {
 public:
  CellFinder(const Graph& graph, Split split) : graph_(graph), draft_(graph, 0, 0, split, 0, &steps_) {}

  std::vector<Cell> Find() {
    Extend(0);
    return std::move(cells_);
  }

 private:
  // A node outside the stratified ones that `node` depends on through `roots`; -1: none.
  int FirstFreeAncestor(std::vector<int> roots) const {
    std::set<int> seen(roots.begin(), roots.end());
    while (!roots.empty()) {
      const int node = roots.back();
      roots.pop_back();
      if (std::find(graph_.stratify.begin(), graph_.stratify.end(), node) == graph_.stratify.end()) return node;
      for (const int parent : graph_.nodes[static_cast<size_t>(node)].parents) {
        if (seen.insert(parent).second) roots.push_back(parent);
      }
    }
    return -1;
  }
  static std::vector<int> NodesOf(Expression condition) {
    std::vector<int> nodes;
    condition.ForEachPath([&](Path& path) {
      if (path.root == Path::Root::kNode) nodes.push_back(path.node);
    });
    return nodes;
  }
  void NeedStratified(const std::vector<int>& roots, const GraphNode& node, const char* what) const {
    const int free = FirstFreeAncestor(roots);
    if (free < 0) return;
    Fail(ErrorCode::kFormat,
         fmt::format("its {} depends on the node \"{}\", which is not stratified", what,
                     graph_.nodes[static_cast<size_t>(free)].name),
         node.where, "stratify that node too, or not this one");
  }

  void Extend(size_t place) {
    if (place == graph_.stratify.size()) {
      cells_.push_back(cell_);
      return;
    }
    const int index = graph_.stratify[place];
    const GraphNode& node = graph_.nodes[static_cast<size_t>(index)];
    const ChoiceSpec& choice = *node.choice();
    if (node.when) NeedStratified(NodesOf(*node.when), node, "\"when\"");
    if (choice.list && choice.list->root == Path::Root::kNode) NeedStratified({choice.list->node}, node, "list");
    if (node.when && !draft_.Holds(*node.when)) {
      Take(place, index, nullptr);
      return;
    }
    const bool decided = choice.only && FirstFreeAncestor(NodesOf(*choice.only)) < 0;
    for (const Json* element : draft_.Candidates(node)) {
      if (!decided || draft_.Holds(*choice.only, element)) Take(place, index, element);
    }
  }
  void Take(size_t place, int index, const Json* element) {
    if (++tries_ > kMaximalTries) {
      Fail(ErrorCode::kFormat, fmt::format("more than {} combinations to try", kMaximalTries),
           graph_.file + ": stratify", "stratify fewer nodes");
    }
    draft_.SetElement(index, element);
    cell_.push_back(element);
    Extend(place + 1);
    cell_.pop_back();
  }

  const Graph& graph_;
  int64_t steps_ = 0, tries_ = 0;
  Draft draft_;
  Cell cell_;
  std::vector<Cell> cells_;
};

}  // namespace

void FindCells(Graph& graph) {
  if (graph.stratify.empty()) return;
  for (const Split split : kSplits) {
    const auto s = static_cast<size_t>(split);
    if (graph.shares[s] <= 0) continue;
    graph.cells[s] = CellFinder(graph, split).Find();
    if (graph.cells[s].empty()) {
      Fail(ErrorCode::kFormat, fmt::format("\"when\" and \"only\" allow no cell in the split \"{}\"", Name(split)),
           graph.file + ": stratify");
    }
  }
}

}  // namespace bantam
