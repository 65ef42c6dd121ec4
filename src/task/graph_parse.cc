// From the YAML of a content graph to its nodes with compiled texts; paths stay names (graph_bind.cc resolves them).
#include <fmt/core.h>

#include <cmath>
#include <filesystem>
#include <numeric>

#include "base/error.h"
#include "base/nearest.h"
#include "base/yaml.h"
#include "task/graph.h"
#include "task/hash.h"

namespace bantam {
namespace {

constexpr std::string_view kSchema = "bantam.content/1";
constexpr int64_t kMaximalCount = 1000;
constexpr size_t kMaximalNodes = 1000;  // chains of nodes are walked by recursion
constexpr const char* kQuoteHint = "quote a text that begins with {, [ or a quote";

class GraphParser {
 public:
  GraphParser(Graph& graph, const YamlLines& lines, const FileReader& read)
      : graph_(graph), lines_(lines), read_(read) {}

  void Parse() {
    const Config& root = *graph_.document;
    if (const auto schema = root.Get<std::string>("schema"); schema != kSchema) {
      Fail(ErrorCode::kUnsupported, fmt::format("schema \"{}\"; \"{}\" is read", schema, kSchema), graph_.file);
    }
    graph_.name = root.Get<std::string>("name");
    if (const auto files = root.OptionalChild("files")) ReadFiles(*files);
    ParseNodes(root.Child("nodes"));
    ParseOutput(root.Child("output"));
    if (const auto split = root.OptionalChild("split")) ParseShares(*split);
    ParseStratify(root);
    root.Finish();
  }

 private:
  // "posters.yaml:12: nodes.poster.template.0"
  std::string Place(const std::string& path) const {
    const auto line = lines_.find(path);
    return line == lines_.end() ? fmt::format("{}: {}", graph_.file, path)
                                : fmt::format("{}:{}: {}", graph_.file, line->second, path);
  }
  static std::string Step(const std::string& path, std::string_view step) { return fmt::format("{}.{}", path, step); }

  void NotePlaces(const Json& value, const std::string& path, const std::string& file, const YamlLines& lines) {
    const auto line = lines.find(path);
    graph_.places[&value] = fmt::format("{}:{}: {}", file, line == lines.end() ? 0 : line->second, path);
    if (value.is_object()) {
      for (const auto& [key, child] : value.items())
        NotePlaces(child, path.empty() ? key : Step(path, key), file, lines);
    } else if (value.is_array()) {
      for (size_t i = 0; i < value.size(); ++i) {
        NotePlaces(value[i], path.empty() ? std::to_string(i) : Step(path, std::to_string(i)), file, lines);
      }
    }
  }

  void ReadFiles(const Config& files) {
    for (const std::string& name : files.Keys()) {
      const std::string where = Place("files." + name);
      if (ParsePath(name, where).steps.size() != 1 || name == "it") {
        Fail(ErrorCode::kFormat, "cannot be the name of a file in paths", where);
      }
      const std::filesystem::path path =
          std::filesystem::path(graph_.file).parent_path() / files.Get<std::string>(name);
      YamlLines lines;
      auto document = std::make_unique<const Json>(ParseYaml(read_(path), path.string(), &lines));
      NotePlaces(*document, "", path.string(), lines);
      graph_.files[name] = std::move(document);
    }
  }

  void ParseNodes(const Config& nodes) {
    for (const std::string& name : nodes.Keys()) {
      const std::string path = "nodes." + name;
      if (ParsePath(name, Place(path)).steps.size() != 1 || name == "it") {
        Fail(ErrorCode::kFormat, "cannot be the name of a node", Place(path));
      }
      if (graph_.files.contains(name)) {
        Fail(ErrorCode::kFormat, "has the name of a file: paths could mean both", Place(path), "rename one of the two");
      }
      graph_.nodes.push_back(ParseNode(nodes.Child(name), name, path));
    }
    if (graph_.nodes.empty()) Fail(ErrorCode::kFormat, "has no nodes", Place("nodes"));
    if (graph_.nodes.size() > kMaximalNodes) {
      Fail(ErrorCode::kFormat, fmt::format("more than {} nodes", kMaximalNodes), Place("nodes"));
    }
  }

  GraphNode ParseNode(const Config& config, const std::string& name, const std::string& path) {
    GraphNode node;
    node.name = name;
    node.where = Place(path);
    node.stream = HashText(name);
    node.when = ParseCondition(config, "when", path);
    node.partition = config.Get<bool>("partition", false);
    std::vector<std::string> kinds;
    for (const char* kind : {"choice", "template", "record", "grammar", "endpoint"}) {
      if (config.Has(kind)) kinds.emplace_back(kind);
    }
    if (kinds.size() != 1) {
      Fail(ErrorCode::kFormat, fmt::format("has {} of choice, template, record, grammar, endpoint", kinds.size()),
           node.where, "each node has exactly one");
    }
    ParseSpec(config, kinds[0], path, node);
    if (node.partition && (kinds[0] == "record" || kinds[0] == "endpoint")) {
      Fail(ErrorCode::kFormat, "a record or an endpoint cannot be a partition", node.where,
           "partition a node that it is made of");
    }
    return node;
  }

  void ParseSpec(const Config& config, const std::string& kind, const std::string& path, GraphNode& node) {
    const std::string inner = Step(path, kind);
    if (kind == "endpoint") {
      node.spec = ParseEndpoint(config.Child(kind), inner);
      return;
    }
    const Json& value = config.Raw(kind);
    if (kind == "choice") {
      node.spec = ParseChoice(config, value, path);
    } else if (kind == "template") {
      node.spec = TemplateSpec{ParseAlternatives(value, inner, false)};
    } else if (kind == "record") {
      if (!value.is_object()) Fail(ErrorCode::kFormat, "is no map of fields", Place(inner));
      node.spec = ParseRecord(value, inner);
    } else {
      node.spec = ParseGrammar(value, inner);
    }
  }

  std::optional<Expression> ParseCondition(const Config& config, const char* key, const std::string& path) {
    if (!config.Has(key)) return std::nullopt;
    return ParseCondition(config.Raw(key), Step(path, key));
  }
  Expression ParseCondition(const Json& value, const std::string& path) {
    if (value.is_boolean()) return Expression::Parse(value.get<bool>() ? "true" : "false", Place(path));
    return Expression::Parse(Text(value, path), Place(path));
  }

  std::string Text(const Json& value, const std::string& path) {
    if (value.is_string()) return value.get<std::string>();
    if (value.is_number()) return value.dump();
    Fail(ErrorCode::kFormat, fmt::format("is {}, a text is needed", value.type_name()), Place(path), kQuoteHint);
  }

  double Weight(const Json& value, const std::string& path) {
    const double weight = value.is_number() ? value.get<double>() : -1;
    if (!(weight >= 0) || !std::isfinite(weight)) {
      Fail(ErrorCode::kFormat, fmt::format("the weight {} is no number from 0 on", DumpJson(value, -1)), Place(path));
    }
    return weight;
  }

  // A text, or a list of texts and {text, weight, when}.
  std::vector<Alternative> ParseAlternatives(const Json& value, const std::string& path, bool rules) {
    std::vector<Alternative> alternatives;
    if (!value.is_array()) {
      alternatives.push_back(ParseAlternative(value, path, rules));
    } else {
      for (size_t i = 0; i < value.size(); ++i) {
        alternatives.push_back(ParseAlternative(value[i], Step(path, std::to_string(i)), rules));
      }
    }
    double total = 0;
    for (const Alternative& alternative : alternatives) total += alternative.weight;
    if (alternatives.empty()) Fail(ErrorCode::kFormat, "has no alternatives", Place(path));
    if (!(total > 0)) Fail(ErrorCode::kFormat, "no alternative has a weight above 0", Place(path));
    return alternatives;
  }
  Alternative ParseAlternative(const Json& value, const std::string& path, bool rules) {
    if (!value.is_object()) return {ParseTemplate(Text(value, path), Place(path), rules), 1, std::nullopt};
    if (!value.contains("text")) {
      Fail(ErrorCode::kFormat, "is a map without the key \"text\"", Place(path), kQuoteHint);
    }
    Alternative alternative;
    for (const auto& [key, member] : value.items()) {
      const std::string inner = Step(path, key);
      if (key == "text") {
        alternative.text = ParseTemplate(Text(member, inner), Place(inner), rules);
      } else if (key == "weight") {
        alternative.weight = Weight(member, inner);
      } else if (key == "when") {
        alternative.when = ParseCondition(member, inner);
      } else {
        Fail(ErrorCode::kUsage, "unknown key", Place(inner), NearestHint(key, {"text", "weight", "when"}));
      }
    }
    return alternative;
  }

  ChoiceSpec ParseChoice(const Config& config, const Json& value, const std::string& path) {
    ChoiceSpec choice;
    const std::string place = Place(path);
    if (value.is_array()) {
      choice.inline_list = &value;
      NotePlaces(value, Step(path, "choice"), graph_.file, lines_);
    } else {
      choice.list = ParsePath(Text(value, Step(path, "choice")), Place(Step(path, "choice")));
    }
    choice.only = ParseCondition(config, "only", path);
    if (config.Has("weights")) ParseWeights(config.Raw("weights"), Step(path, "weights"), choice);
    if (config.Has("count")) {
      choice.count = config.Get<int64_t>("count");
      if (*choice.count < 1 || *choice.count > kMaximalCount) {
        Fail(ErrorCode::kFormat, fmt::format("count {} is not within 1 and {}", *choice.count, kMaximalCount),
             Place(Step(path, "count")));
      }
    }
    choice.distinct = config.Get<std::string>("distinct", std::string());
    if (!choice.distinct.empty() && !choice.count) {
      Fail(ErrorCode::kFormat, "\"distinct\" without \"count\"", place, "one element is always distinct");
    }
    return choice;
  }
  void ParseWeights(const Json& value, const std::string& path, ChoiceSpec& choice) {
    if (value.is_string()) {
      choice.weight_field = value.get<std::string>();
      return;
    }
    if (!value.is_array()) {
      Fail(ErrorCode::kFormat, "is neither the name of a field nor a list of numbers", Place(path));
    }
    for (size_t i = 0; i < value.size(); ++i) {
      choice.weights.push_back(Weight(value[i], Step(path, std::to_string(i))));
    }
  }

  RecordSpec ParseRecord(const Json& value, const std::string& path) {
    using Kind = RecordSpec::Kind;
    if (value.is_string()) {
      return {.kind = Kind::kText, .text = ParseTemplate(value.get<std::string>(), Place(path), false)};
    }
    RecordSpec record{.kind = value.is_object() ? Kind::kMap : value.is_array() ? Kind::kList : Kind::kConstant};
    if (value.is_object()) {
      for (const auto& [key, member] : value.items()) {
        record.keys.push_back(key);
        record.children.push_back(ParseRecord(member, Step(path, key)));
      }
    } else if (value.is_array()) {
      for (size_t i = 0; i < value.size(); ++i) {
        record.children.push_back(ParseRecord(value[i], Step(path, std::to_string(i))));
      }
    } else {
      record.constant = value;
    }
    return record;
  }

  GrammarSpec ParseGrammar(const Json& value, const std::string& path) {
    if (!value.is_object()) Fail(ErrorCode::kFormat, "is no map of rules", Place(path));
    GrammarSpec grammar;
    std::vector<std::string> names;
    for (const auto& [name, alternatives] : value.items()) {
      const std::string inner = Step(path, name);
      if (ParsePath(name, Place(inner)).steps.size() != 1) Fail(ErrorCode::kFormat, "is no rule name", Place(inner));
      if (name == "start") grammar.start = static_cast<int>(names.size());
      grammar.rules.push_back({name, ParseAlternatives(alternatives, inner, true), Place(inner)});
      names.push_back(name);
    }
    if (grammar.start < 0) Fail(ErrorCode::kFormat, "has no rule \"start\"", Place(path));
    for (Rule& rule : grammar.rules) {
      for (Alternative& alternative : rule.alternatives) {
        ForEachPiece(alternative.text, [&](Piece& piece) {
          if (piece.kind == Piece::Kind::kRule) piece.rule = RuleIndex(piece.text, names, alternative.text.where);
        });
      }
    }
    return grammar;
  }
  static int RuleIndex(const std::string& name, const std::vector<std::string>& names, const std::string& where) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) return static_cast<int>(i);
    }
    Fail(ErrorCode::kFormat, fmt::format("unknown rule <{}>", name), where, NearestHint(name, names));
  }

  EndpointSpec ParseEndpoint(const Config& config, const std::string& path) {
    EndpointSpec spec;
    spec.url = config.Get<std::string>("url");
    spec.model = config.Get<std::string>("model");
    spec.api_key_env = config.Get<std::string>("api_key_env", std::string());
    if (config.Has("system")) spec.system = OutputText(config, "system", path);
    spec.prompt = OutputText(config, "prompt", path);
    spec.max_tokens = config.Get<int64_t>("max_tokens", spec.max_tokens);
    spec.temperature = config.Get<double>("temperature", spec.temperature);
    if (spec.max_tokens < 1) Fail(ErrorCode::kFormat, "is not at least 1", Place(Step(path, "max_tokens")));
    if (!(spec.temperature >= 0)) Fail(ErrorCode::kFormat, "is not at least 0", Place(Step(path, "temperature")));
    return spec;
  }

  void ParseOutput(const Config& output) {
    OutputSpec& spec = graph_.output;
    int64_t index = 0;
    for (const Config& message : output.Children("messages")) {
      const std::string path = fmt::format("output.messages.{}", index++);
      const auto role = message.Get<std::string>("role");
      if (role != "system" && role != "user" && role != "assistant" && role != "tool") {
        Fail(ErrorCode::kFormat, fmt::format("unknown role \"{}\"", role), Place(path),
             NearestHint(role, {"system", "user", "assistant", "tool"}));
      }
      spec.messages.push_back({role, OutputText(message, "content", path)});
    }
    const bool prompt = output.Has("prompt"), completion = output.Has("completion");
    if (prompt) spec.prompt = OutputText(output, "prompt", "output");
    if (completion) spec.completion = OutputText(output, "completion", "output");
    if (prompt != completion || prompt == !spec.messages.empty()) {
      Fail(ErrorCode::kFormat, "needs either messages, or prompt and completion", Place("output"));
    }
    if (const auto tags = output.OptionalChild("tags")) {
      for (const std::string& tag : tags->Keys()) spec.tags.emplace_back(tag, OutputText(*tags, tag, "output.tags"));
    }
  }
  Template OutputText(const Config& config, const std::string& key, const std::string& path) {
    const std::string inner = Step(path, key);
    return ParseTemplate(Text(config.Raw(key), inner), Place(inner), false);
  }

  void ParseShares(const Config& split) {
    double total = 0;
    for (const Split s : kSplits) {
      const std::string name(Name(s));
      const double share = split.Has(name) ? Weight(split.Raw(name), Step("split", name)) : 0;
      graph_.shares[static_cast<size_t>(s)] = share;
      total += share;
    }
    if (std::abs(total - 1) > 1e-6) {
      Fail(ErrorCode::kFormat, fmt::format("the shares add up to {:.6g}, not to 1", total), Place("split"));
    }
  }

  void ParseStratify(const Config& root) {
    std::vector<std::string> names;
    for (const GraphNode& node : graph_.nodes) names.push_back(node.name);
    for (const std::string& name : root.GetList<std::string>("stratify")) {
      const int index = graph_.FindNode(name);
      if (index < 0) {
        Fail(ErrorCode::kFormat, fmt::format("unknown node \"{}\"", name), Place("stratify"), NearestHint(name, names));
      }
      const ChoiceSpec* choice = graph_.nodes[static_cast<size_t>(index)].choice();
      if (choice == nullptr || choice->count) {
        Fail(ErrorCode::kFormat, fmt::format("\"{}\" is no choice of one element", name), Place("stratify"));
      }
      if (std::find(graph_.stratify.begin(), graph_.stratify.end(), index) != graph_.stratify.end()) {
        Fail(ErrorCode::kFormat, fmt::format("\"{}\" stands twice", name), Place("stratify"));
      }
      graph_.stratify.push_back(index);
    }
  }

  Graph& graph_;
  const YamlLines& lines_;
  const FileReader& read_;
};

// Errors of Config name "file: path"; this puts the line in.
[[noreturn]] void RethrowWithLine(const Error& error, const std::string& file, const YamlLines& lines) {
  const std::string prefix = file + ": ";
  if (error.where().starts_with(prefix)) {
    const std::string path = error.where().substr(prefix.size());
    if (const auto line = lines.find(path); line != lines.end()) {
      Fail(error.code(), error.message(), fmt::format("{}:{}: {}", file, line->second, path), error.hint());
    }
  }
  throw error;
}

}  // namespace

int Graph::FindNode(std::string_view node_name) const {
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].name == node_name) return static_cast<int>(i);
  }
  return -1;
}

std::unique_ptr<Graph> ParseGraph(const std::string& text, const std::string& file, const FileReader& read) {
  auto graph = std::make_unique<Graph>();
  graph->file = file;
  YamlLines lines;
  graph->document = std::make_unique<Config>(ParseYaml(text, file, &lines), file);
  try {
    GraphParser(*graph, lines, read).Parse();
  } catch (const Error& error) {
    RethrowWithLine(error, file, lines);
  }
  return graph;
}

}  // namespace bantam
