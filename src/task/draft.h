// A sample while it is drawn: the values of the nodes so far, and the expansion of texts over them.
//
// Every node draws from a random stream of its own, keyed by (seed, split, index, node), so that a node added to a graph leaves
// the others as they were. A text inside an element that a choice drew is expanded at its first use and then stays the
// same within the sample, so that prompt and answer agree; its stream is keyed by (node, text). Texts reached through a file's
// path are expanded anew at every use.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "task/graph.h"
#include "task/value.h"

namespace bantam {

// No node's text may be longer.
inline constexpr size_t kMaximalTextBytes = size_t{64} << 10;

class Draft {
 public:
  // `steps` counts the pieces of text expanded for this sample, over all its attempts: what never ends is an error.
  Draft(const Graph& graph, uint64_t seed, int64_t index, Split split, int attempt, int64_t* steps);

  // Draws every node in order. `cell` fixes the stratified ones; false when one of these breaks its `only`, which depends on
  // nodes that are not stratified: the caller tries another attempt.
  bool DrawNodes(const Cell* cell);

  // The text of an output template; `name` keys its stream.
  std::string Output(const Template& text, const std::string& name);

  // {node: value}, with the texts of elements as they were expanded.
  Json Nodes() const;

  // For the search of cells, which sets stratified nodes by hand.
  void SetElement(int node, const Json* element);  // null: absent
  bool Holds(const Expression& condition, const Json* it = nullptr);
  // The elements that a choice may draw from now, in the split of this draft, whatever its `only` says.
  std::vector<const Json*> Candidates(const GraphNode& node);

 private:
  struct State {
    enum class Kind { kAbsent, kText, kElement, kElements, kRecord } kind = Kind::kAbsent;
    std::string text;
    const Json* element = nullptr;
    std::vector<const Json*> elements;
    Json record;
  };
  // What a grammar has taken for <rule:unique>: [rules][alternatives].
  struct Grammar {
    const GrammarSpec* spec;
    std::vector<std::vector<bool>> taken;
  };
  class DepthGuard;

  void DrawNode(int index);
  void DrawChoice(const GraphNode& node, const ChoiceSpec& choice, Rng& rng, State& state);
  std::string DrawText(const GraphNode& node, Rng& rng);
  std::string DrawInSplit(const GraphNode& node, Rng& rng);
  std::string AskEndpoint(const GraphNode& node, const EndpointSpec& spec, Rng& rng);
  Json BuildRecord(const RecordSpec& record, Rng& rng);
  static double WeightOf(const ChoiceSpec& choice, const Json* element);

  Value Look(const Path& path, const Json* it);
  std::string_view NodeText(int node, const Json* text);

  void Expand(const Template& text, Rng& rng, std::string* out);
  void ExpandRule(const Piece& piece, Rng& rng, const std::string& where, std::string* out);
  void Insert(const Piece& piece, Rng& rng, const std::string& where, std::string* out);
  std::string Scalar(const Path& path, const Json& value, Rng& rng, const std::string& where);
  const Alternative& Pick(const std::vector<Alternative>& alternatives, Rng& rng, const std::string& where,
                          std::vector<bool>* taken, bool unique);
  Json WithExpandedTexts(int node, const Json& value) const;
  [[noreturn]] void FailSample(std::string what, const std::string& where, std::string hint = {}) const;

  const Graph& graph_;
  uint64_t seed_, key_;
  int64_t index_;
  Split split_;
  std::vector<State> states_;                                    // [nodes]
  std::map<std::pair<int, const Json*>, std::string> expanded_;  // texts of elements by node
  Grammar* grammar_ = nullptr;                                   // the one being expanded
  int depth_ = 0;
  int64_t* steps_;
};

}  // namespace bantam
