#include "task/content_graph.h"

#include <fmt/core.h>

#include <numeric>

#include "base/error.h"
#include "base/file.h"
#include "task/draft.h"
#include "task/graph.h"
#include "task/hash.h"

namespace bantam {
namespace {

constexpr uint64_t kMaximalFileBytes = uint64_t{64} << 20;
constexpr int kCellAttempts = 1000;

// Cells come in rounds, each a permutation of all: i -> (a i + b) mod n with a prime to n.
const Cell& CellOf(const std::vector<Cell>& cells, uint64_t seed, int64_t index, Split split) {
  const uint64_t count = cells.size();
  const auto round = static_cast<uint64_t>(index) / count, place = static_cast<uint64_t>(index) % count;
  Rng rng(Combine(seed, static_cast<uint64_t>(split)), Combine(HashText("cells"), round));
  uint64_t step = 1 + rng.NextBelow(count);
  while (std::gcd(step, count) != 1) step = 1 + rng.NextBelow(count);
  return cells[(step * place + rng.NextBelow(count)) % count];
}

// "mockery" for {id: mockery, ...}
std::string Label(const Json* element) {
  if (element == nullptr) return "(absent)";
  for (const char* key : {"id", "name", "text"}) {
    if (element->is_object() && element->contains(key)) element = &element->at(key);
  }
  return element->is_string() ? element->get<std::string>() : DumpJson(*element, -1);
}

std::string Label(const Graph& graph, const Cell& cell) {
  std::string label;
  for (size_t i = 0; i < cell.size(); ++i) {
    label += fmt::format("{}{}={}", i > 0 ? ", " : "", graph.nodes[static_cast<size_t>(graph.stratify[i])].name,
                         Label(cell[i]));
  }
  return label;
}

Sample Finish(const Graph& graph, Draft& draft) {
  Sample sample;
  for (const OutputMessage& message : graph.output.messages) {
    sample.messages.push_back(
        {message.role, draft.Output(message.content, fmt::format("messages.{}", sample.messages.size()))});
  }
  if (graph.output.prompt) sample.prompt = draft.Output(*graph.output.prompt, "prompt");
  if (graph.output.completion) sample.completion = draft.Output(*graph.output.completion, "completion");
  for (const auto& [tag, text] : graph.output.tags) sample.tags[tag] = draft.Output(text, "tags." + tag);
  sample.nodes = draft.Nodes();
  return sample;
}

const char* KindOf(const GraphNode& node) {
  constexpr const char* kKinds[] = {"choice", "template", "record", "grammar", "endpoint"};
  return kKinds[node.spec.index()];
}

Json Describe(const Graph& graph, const GraphNode& node) {
  Json json = {{"node", node.name}, {"kind", KindOf(node)}, {"parents", Json::array()}};
  for (const int parent : node.parents) json["parents"].push_back(graph.nodes[static_cast<size_t>(parent)].name);
  if (const ChoiceSpec* choice = node.choice()) {
    json["elements"] = choice->elements.size();
    if (choice->count) json["count"] = *choice->count;
    for (const auto& [element, split] : choice->dealt) {
      Json& counts = json["partition"];
      if (counts.is_null()) counts = {{"train", 0}, {"validation", 0}, {"test", 0}};
      counts[Name(split)] = counts[Name(split)].get<int64_t>() + 1;
    }
  } else if (const auto* grammar = std::get_if<GrammarSpec>(&node.spec)) {
    json["rules"] = grammar->rules.size();
  } else if (const auto* text = std::get_if<TemplateSpec>(&node.spec)) {
    json["alternatives"] = text->alternatives.size();
  }
  if (node.partition && node.choice() == nullptr) json["partition"] = "by hash";
  return json;
}

}  // namespace

ContentGraph ContentGraph::Open(const std::filesystem::path& path, std::shared_ptr<ChatEndpoint> endpoint) {
  const auto read = [](const std::filesystem::path& file) { return ReadFile(file, kMaximalFileBytes); };
  return Parse(read(path), path.string(), read, std::move(endpoint));
}

ContentGraph ContentGraph::Parse(const std::string& text, const std::string& file, const FileReader& read,
                                 std::shared_ptr<ChatEndpoint> endpoint) {
  std::shared_ptr<Graph> graph = ParseGraph(text, file, read);
  graph->endpoint = std::move(endpoint);
  BindGraph(*graph);
  FindCells(*graph);
  return ContentGraph(std::move(graph));
}

const std::string& ContentGraph::name() const { return graph_->name; }
const SplitShares& ContentGraph::shares() const { return graph_->shares; }
int64_t ContentGraph::cells(Split split) const { return std::ssize(graph_->cells[static_cast<size_t>(split)]); }

Sample ContentGraph::Draw(uint64_t seed, int64_t index, Split split) const {
  if (!(graph_->shares[static_cast<size_t>(split)] > 0)) {
    Fail(ErrorCode::kUsage, fmt::format("the split \"{}\" has no share", Name(split)), graph_->file,
         "give it one under split:");
  }
  const std::vector<Cell>& cells = graph_->cells[static_cast<size_t>(split)];
  const Cell* cell = cells.empty() ? nullptr : &CellOf(cells, seed, index, split);
  int64_t steps = 0;
  for (int attempt = 0; attempt < kCellAttempts; ++attempt) {
    Draft draft(*graph_, seed, index, split, attempt, &steps);
    if (!draft.DrawNodes(cell)) continue;
    Sample sample = Finish(*graph_, draft);
    sample.id = index;
    sample.split = split;
    if (cell != nullptr) sample.cell = Label(*graph_, *cell);
    return sample;
  }
  Fail(ErrorCode::kFormat,
       fmt::format("the cell {} stays empty: \"only\" refused all of {} draws", Label(*graph_, *cell), kCellAttempts),
       graph_->file + ": stratify", "stratify the nodes that \"only\" reads too");
}

Json ContentGraph::Describe() const {
  Json json = {{"schema", "bantam.content.graph/1"}, {"name", name()}, {"nodes", Json::array()}};
  for (const int index : graph_->order) {
    json["nodes"].push_back(bantam::Describe(*graph_, graph_->nodes[static_cast<size_t>(index)]));
  }
  for (const int index : graph_->stratify) json["stratify"].push_back(graph_->nodes[static_cast<size_t>(index)].name);
  for (const Split split : kSplits) {
    if (!(shares()[static_cast<size_t>(split)] > 0)) continue;
    json["splits"][Name(split)] = {{"share", shares()[static_cast<size_t>(split)]}, {"cells", cells(split)}};
  }
  return json;
}

}  // namespace bantam
