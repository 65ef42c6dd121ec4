// From the YAML of a content graph to its nodes with compiled texts; paths stay names (graph_bind.cc resolves them).
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "base/error.h"
#include "base/nearest.h"
#include "base/yaml.h"
#include "task/graph.h"
#include "task/node_parser.h"
#include "task/source.h"

namespace bantam {
namespace {

constexpr std::string_view kSchema = "bantam.content/1";
constexpr size_t kMaximalNodes = 1000;  // chains of nodes are walked by recursion

class GraphParser {
 public:
  GraphParser(Graph& graph, const Source& source, const FileReader& read)
      : graph_(graph), source_(source), read_(read) {}

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
  void ReadFiles(const Config& files) {
    for (const std::string& name : files.Keys()) {
      const std::string where = source_.Place("files." + name);
      if (ParsePath(name, where).steps.size() != 1 || name == "it") {
        Fail(ErrorCode::kFormat, "cannot be the name of a file in paths", where);
      }
      const std::filesystem::path path =
          std::filesystem::path(graph_.file).parent_path() / files.Get<std::string>(name);
      YamlLines lines;
      auto document = std::make_unique<const Json>(ParseYaml(read_(path), path.string(), &lines));
      Source(path.string(), lines).NotePlaces(*document, "", &graph_.places);
      graph_.files[name] = std::move(document);
    }
  }

  void ParseNodes(const Config& nodes) {
    for (const std::string& name : nodes.Keys()) {
      const std::string path = "nodes." + name;
      if (ParsePath(name, source_.Place(path)).steps.size() != 1 || name == "it") {
        Fail(ErrorCode::kFormat, "cannot be the name of a node", source_.Place(path));
      }
      if (graph_.files.contains(name)) {
        Fail(ErrorCode::kFormat, "has the name of a file: paths could mean both", source_.Place(path),
             "rename one of the two");
      }
      graph_.nodes.push_back(ParseNode(nodes.Child(name), name, source_, &graph_.places));
    }
    if (graph_.nodes.empty()) Fail(ErrorCode::kFormat, "has no nodes", source_.Place("nodes"));
    if (graph_.nodes.size() > kMaximalNodes) {
      Fail(ErrorCode::kFormat, fmt::format("more than {} nodes", kMaximalNodes), source_.Place("nodes"));
    }
  }

  void ParseOutput(const Config& output) {
    OutputSpec& spec = graph_.output;
    int64_t index = 0;
    for (const Config& message : output.Children("messages")) {
      const std::string path = fmt::format("output.messages.{}", index++);
      const auto role = message.Get<std::string>("role");
      if (role != "system" && role != "user" && role != "assistant" && role != "tool") {
        Fail(ErrorCode::kFormat, fmt::format("unknown role \"{}\"", role), source_.Place(path),
             NearestHint(role, {"system", "user", "assistant", "tool"}));
      }
      spec.messages.push_back({role, source_.TextTemplate(message, "content", path)});
    }
    const bool prompt = output.Has("prompt"), completion = output.Has("completion");
    if (prompt) spec.prompt = source_.TextTemplate(output, "prompt", "output");
    if (completion) spec.completion = source_.TextTemplate(output, "completion", "output");
    if (prompt != completion || prompt == !spec.messages.empty()) {
      Fail(ErrorCode::kFormat, "needs either messages, or prompt and completion", source_.Place("output"));
    }
    if (const auto tags = output.OptionalChild("tags")) {
      for (const std::string& tag : tags->Keys())
        spec.tags.emplace_back(tag, source_.TextTemplate(*tags, tag, "output.tags"));
    }
  }

  void ParseShares(const Config& split) {
    double total = 0;
    for (const Split s : kSplits) {
      const std::string name(Name(s));
      const double share = split.Has(name) ? source_.Weight(split.Raw(name), Source::Step("split", name)) : 0;
      graph_.shares[static_cast<size_t>(s)] = share;
      total += share;
    }
    if (std::abs(total - 1) > 1e-6) {
      Fail(ErrorCode::kFormat, fmt::format("the shares add up to {:.6g}, not to 1", total), source_.Place("split"));
    }
  }

  void ParseStratify(const Config& root) {
    std::vector<std::string> names;
    for (const GraphNode& node : graph_.nodes) names.push_back(node.name);
    for (const std::string& name : root.GetList<std::string>("stratify")) {
      const int index = graph_.FindNode(name);
      if (index < 0) {
        Fail(ErrorCode::kFormat, fmt::format("unknown node \"{}\"", name), source_.Place("stratify"),
             NearestHint(name, names));
      }
      const ChoiceSpec* choice = graph_.nodes[static_cast<size_t>(index)].choice();
      if (choice == nullptr || choice->count) {
        Fail(ErrorCode::kFormat, fmt::format("\"{}\" is no choice of one element", name), source_.Place("stratify"));
      }
      if (std::find(graph_.stratify.begin(), graph_.stratify.end(), index) != graph_.stratify.end()) {
        Fail(ErrorCode::kFormat, fmt::format("\"{}\" stands twice", name), source_.Place("stratify"));
      }
      graph_.stratify.push_back(index);
    }
  }

  Graph& graph_;
  const Source& source_;
  const FileReader& read_;
};

// Errors of Config name "file: path"; this puts the line in.
[[noreturn]] void RethrowWithLine(const Error& error, const std::string& file, const Source& source) {
  const std::string prefix = file + ": ";
  if (!error.where().starts_with(prefix)) throw error;
  Fail(error.code(), error.message(), source.Place(error.where().substr(prefix.size())), error.hint());
}

struct Document {
  Json json;
  Source source;
};

Document ReadDocument(const std::string& text, const std::string& file) {
  YamlLines lines;
  Json json = ParseYaml(text, file, &lines);
  return {std::move(json), Source(file, lines)};
}

// The graph that `variant` extends, with its nodes and files added or put in the place of those with the same name, and its other
// keys instead of the other's.
Document Extended(const Document& variant, const std::string& file, const FileReader& read) {
  const Json& name = variant.json.at("extends");
  const std::string where = variant.source.Place("extends");
  if (!name.is_string() || std::filesystem::path(name.get<std::string>()).has_parent_path()) {
    Fail(ErrorCode::kFormat, "is no file name", where, "name a graph in the same folder");
  }
  const std::filesystem::path path = std::filesystem::path(file).parent_path() / name.get<std::string>();
  Document result = ReadDocument(read(path), path.string());
  if (!result.json.is_object() || result.json.contains("extends")) {
    Fail(ErrorCode::kFormat, "names a graph that itself extends one, or none at all", where);
  }
  for (const auto& [key, value] : variant.json.items()) {
    if (key == "extends") continue;
    Json& base = result.json[key];
    if ((key == "nodes" || key == "files") && base.is_object() && value.is_object()) {
      for (const auto& [entry, replacement] : value.items()) {
        base[entry] = replacement;
        result.source.Replace(Source::Step(key, entry), variant.source);
      }
    } else {
      base = value;
      result.source.Replace(key, variant.source);
    }
  }
  return result;
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
  Document document = ReadDocument(text, file);
  if (document.json.is_object() && document.json.contains("extends")) document = Extended(document, file, read);
  graph->document = std::make_unique<Config>(std::move(document.json), file);
  try {
    GraphParser(*graph, document.source, read).Parse();
  } catch (const Error& error) {
    RethrowWithLine(error, file, document.source);
  }
  return graph;
}

}  // namespace bantam
