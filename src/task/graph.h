// A content graph as it is held in memory after parsing: what each node does, with every text and condition compiled.
// Parsing fills it (graph_parse.cc), binding resolves its paths and orders its nodes (graph_bind.cc), drafts draw from it.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "base/config.h"
#include "base/json.h"
#include "net/chat_endpoint.h"
#include "task/expression.h"
#include "task/path.h"
#include "task/source.h"
#include "task/split.h"
#include "task/template.h"

namespace bantam {

// One of several texts: of a template node or of a grammar's rule.
struct Alternative {
  Template text;
  double weight = 1;
  std::optional<Expression> when;
};

struct ChoiceSpec {
  std::optional<Path> list;           // where the list is ...
  const Json* inline_list = nullptr;  // ... or the list itself
  std::optional<Expression> only;
  std::string weight_field;                      // of the records, or
  std::vector<double> weights;                   // one for each element
  std::optional<int64_t> count;                  // a list of that many distinct elements
  std::string distinct;                          // and distinct in this field
  std::vector<std::vector<const Json*>> lists;   // that it may draw from, and
  std::vector<const Json*> elements;             // all that it may ever draw; found by binding
  std::unordered_map<const Json*, Split> dealt;  // of a partition: the split of each element
};

struct TemplateSpec {
  std::vector<Alternative> alternatives;
};

// A record is built anew for each sample: constants, expanded texts, nested maps and lists.
struct RecordSpec {
  enum class Kind { kConstant, kText, kMap, kList } kind = Kind::kConstant;
  Json constant = {};
  Template text = {};
  std::vector<std::string> keys = {};     // kMap: one for each child
  std::vector<RecordSpec> children = {};  // kMap, kList
};

struct Rule {
  std::string name;
  std::vector<Alternative> alternatives;
  std::string where;
};

struct GrammarSpec {
  std::vector<Rule> rules;
  int start = -1;
};

// Text that a model behind an endpoint writes.
struct EndpointSpec {
  std::string url, model, api_key_env;
  std::optional<Template> system;
  Template prompt;
  int64_t max_tokens = 256;
  double temperature = 1;
};

struct GraphNode {
  std::string name, where;
  uint64_t stream = 0;  // of random numbers: the hash of the name
  std::optional<Expression> when;
  bool partition = false;
  std::variant<ChoiceSpec, TemplateSpec, RecordSpec, GrammarSpec, EndpointSpec> spec;

  std::vector<int> parents;  // nodes it reads, directly or through texts of lists; in the order of the file

  const ChoiceSpec* choice() const { return std::get_if<ChoiceSpec>(&spec); }
  ChoiceSpec* choice() { return std::get_if<ChoiceSpec>(&spec); }
};

struct OutputMessage {
  std::string role;
  Template content;
};

struct OutputSpec {
  std::vector<OutputMessage> messages;         // or
  std::optional<Template> prompt, completion;  // both
  std::vector<std::pair<std::string, Template>> tags;
};

// One combination of the stratified nodes' values, in the order of Graph::stratify; null where a node is absent.
using Cell = std::vector<const Json*>;

struct Graph {
  std::string file, name;
  std::unique_ptr<Config> document;                          // keeps inline lists alive
  std::map<std::string, std::unique_ptr<const Json>> files;  // by the name that paths use
  Places places;                                             // of the files' values and of inline lists

  std::vector<GraphNode> nodes;  // in the order of the file
  std::vector<int> order;        // parents before children
  OutputSpec output;
  std::vector<int> stratify;  // in the order of drawing
  SplitShares shares{1, 0, 0};
  std::array<std::vector<Cell>, kSplits.size()> cells;

  std::shared_ptr<ChatEndpoint> endpoint;  // what endpoint nodes ask; null: nobody

  // Texts of lists that are templates, by where they stand.
  std::unordered_map<const Json*, Template> texts;

  int FindNode(std::string_view node_name) const;  // -1: none
};

// The text of a file that a graph names.
using FileReader = std::function<std::string(const std::filesystem::path&)>;

// Reads the files that the graph names, too. kFormat or kUsage naming file, line and path.
std::unique_ptr<Graph> ParseGraph(const std::string& text, const std::string& file, const FileReader& read);

// Resolves every path, orders the nodes.
void BindGraph(Graph& graph);

// Fills Graph::cells.
void FindCells(Graph& graph);

}  // namespace bantam
