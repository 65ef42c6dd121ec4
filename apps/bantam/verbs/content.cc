// bantam content: training pairs drawn through a content graph.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/file.h"
#include "base/progress.h"
#include "common/options.h"
#include "common/output.h"
#include "net/http_chat_endpoint.h"
#include "task/content_graph.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

constexpr int64_t kBlock = 512;  // samples drawn at a time, on all threads, before they are written in order

// Who endpoint nodes may ask: by default nobody, since a graph may come from a stranger.
struct EndpointOptions {
  std::vector<std::string> allowed;

  std::shared_ptr<ChatEndpoint> Make() const {
    return allowed.empty() ? nullptr : MakeHttpChatEndpoint({.allowed_urls = allowed});
  }
};
void AddEndpointOptions(CLI::App& verb, EndpointOptions& options) {
  verb.add_option("--allow-endpoint", options.allowed, "URL that endpoint nodes may ask; can be given several times")
      ->allow_extra_args(false)
      ->type_name("URL");
}

struct SynthCommand {
  std::string graph, output, split = "all";
  int64_t count = 0;
  uint64_t seed = 0;
  ThreadOptions threads;
  EndpointOptions endpoints;
  bool dry_run = false, json = false;
};

struct Summary {
  std::map<Split, int64_t> splits;
  std::map<std::string, int64_t> cells;
};

// The samples one after the other: all splits by their shares, or one alone.
class Row {
 public:
  Row(const ContentGraph& graph, const std::string& split) : dealer_(graph.shares()) {
    if (split == "all") return;
    one_ = SplitFromName(split);
    if (!one_)
      Fail(ErrorCode::kUsage, fmt::format("unknown split '{}'", split), "--split", "train, validation, test or all");
  }
  SplitDealer::Dealt Next() { return one_ ? SplitDealer::Dealt{*one_, next_++} : dealer_.Next(); }

 private:
  SplitDealer dealer_;
  std::optional<Split> one_;
  int64_t next_ = 0;
};

Summary WriteSamples(const ContentGraph& graph, const SynthCommand& command) {
  Summary summary;
  Row row(graph, command.split);
  AtomicFile file(command.output);
  Progress progress("Drawing", "samples", static_cast<uint64_t>(command.count));
  const auto pool = command.threads.MakePool();
  for (int64_t begin = 0; begin < command.count; begin += kBlock) {
    const int64_t size = std::min(kBlock, command.count - begin);
    std::vector<SplitDealer::Dealt> dealt;
    for (int64_t i = 0; i < size; ++i) dealt.push_back(row.Next());
    std::vector<std::string> lines(static_cast<size_t>(size)), cells(static_cast<size_t>(size));
    pool->ForRanges(size, 16, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i) {
        const auto at = static_cast<size_t>(i);
        Sample sample = graph.Draw(command.seed, dealt[at].index, dealt[at].split);
        sample.id = begin + i;
        lines[at] = DumpJson(ToJson(sample), -1) + "\n";
        cells[at] = std::move(sample.cell);
      }
    });
    for (size_t i = 0; i < lines.size(); ++i) {
      file.Write(lines[i]);
      ++summary.splits[dealt[i].split];
      if (!cells[i].empty()) ++summary.cells[cells[i]];
    }
    progress.Advance(static_cast<uint64_t>(size));
  }
  file.Commit();
  return summary;
}

void PrintSummary(const ContentGraph& graph, const SynthCommand& command, const Summary& summary) {
  if (command.json) {
    Json json = {{"schema", "bantam.content.synth/1"},
                 {"name", graph.name()},
                 {"seed", command.seed},
                 {"samples", command.count},
                 {"output", command.output},
                 {"splits", Json::object()},
                 {"cells", Json::object()}};
    for (const auto& [split, count] : summary.splits) json["splits"][Name(split)] = count;
    for (const auto& [cell, count] : summary.cells) json["cells"][cell] = count;
    Print(DumpJson(json) + "\n");
    return;
  }
  std::string splits;
  for (const auto& [split, count] : summary.splits) {
    splits += fmt::format("{}{} {}", splits.empty() ? "" : ", ", count, Name(split));
  }
  Print(fmt::format("{}: {} samples of {} ({}), seed {}\n", command.output, command.count, Printable(graph.name()),
                    splits, command.seed));
  if (summary.cells.empty()) return;
  const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [fewest, most] = std::minmax_element(summary.cells.begin(), summary.cells.end(), by_count);
  Print(fmt::format("{} cells with {} to {} samples each\n", summary.cells.size(), fewest->second, most->second));
}

std::string Sizes(const Json& node) {
  std::string text;
  for (const char* key : {"elements", "alternatives", "rules", "count"}) {
    if (node.contains(key)) text += fmt::format(", {} {}", key, node[key].dump());
  }
  if (!node.contains("partition")) return text;
  if (node["partition"].is_string()) return text + ", partition by hash";
  text += ", partition";
  for (const auto& [split, count] : node["partition"].items()) text += fmt::format(" {} {}", split, count.dump());
  return text;
}

void PrintGraph(const ContentGraph& graph, bool json) {
  const Json description = graph.Describe();
  if (json) {
    Print(DumpJson(description) + "\n");
    return;
  }
  Print(fmt::format("{}\n\nNodes, in the order they are drawn\n", Printable(graph.name())));
  for (const Json& node : description["nodes"]) {
    std::string parents;
    for (const Json& parent : node["parents"]) {
      parents += fmt::format("{}{}", parents.empty() ? " <- " : ", ", parent.get<std::string>());
    }
    Print(fmt::format("  {:<16} {}{}{}\n", node["node"].get<std::string>(), node["kind"].get<std::string>(),
                      Sizes(node), parents));
  }
  Print("\nSplits\n");
  for (const auto& [split, value] : description["splits"].items()) {
    Print(fmt::format("  {:<16} share {}, cells {}\n", split, value["share"].dump(), value["cells"].dump()));
  }
}

void Synth(const SynthCommand& command) {
  const auto graph = ContentGraph::Open(command.graph, command.endpoints.Make());
  if (command.dry_run) {
    PrintGraph(graph, command.json);
    return;
  }
  if (command.output.empty()) Fail(ErrorCode::kUsage, "is needed", "--output", "or --dry-run, which writes nothing");
  if (command.count < 1) Fail(ErrorCode::kUsage, "is needed, from 1 on", "--count");
  PrintSummary(graph, command, WriteSamples(graph, command));
}

struct ShowCommand {
  std::string graph, split = "train";
  uint64_t seed = 0;
  int64_t index = 0;
  EndpointOptions endpoints;
  bool json = false;
};

void Show(const ShowCommand& command) {
  const auto graph = ContentGraph::Open(command.graph, command.endpoints.Make());
  const auto split = SplitFromName(command.split);
  if (!split) {
    Fail(ErrorCode::kUsage, fmt::format("unknown split '{}'", command.split), "--split", "train, validation or test");
  }
  const Sample sample = graph.Draw(command.seed, command.index, *split);
  if (command.json) {
    Print(DumpJson(ToJson(sample)) + "\n");
    return;
  }
  const auto section = [](const std::string& title, const std::string& text) {
    Print(fmt::format("--- {}\n{}{}", title, text, text.ends_with('\n') ? "" : "\n"));
  };
  for (const Message& message : sample.messages) section(message.role, message.content);
  if (sample.messages.empty()) {
    section("prompt", sample.prompt);
    section("completion", sample.completion);
  }
  Print("--- nodes\n");
  for (const auto& [node, value] : sample.nodes.items()) Print(fmt::format("{}: {}\n", node, DumpJson(value, -1)));
  for (const auto& [tag, value] : sample.tags.items()) Print(fmt::format("tag {}: {}\n", tag, DumpJson(value, -1)));
  if (!sample.cell.empty()) Print(fmt::format("cell: {}\n", Printable(sample.cell)));
}

void AddSynthVerb(CLI::App& content) {
  auto command = std::make_shared<SynthCommand>();
  CLI::App* verb = content.add_subcommand("synth", "draw samples and write them as JSON lines");
  verb->footer(
      "The same graph, seed and N give the same file, whatever the number of threads.\n"
      "\nExample:\n  bantam content synth examples/content/tavern.yaml -n 1000 --seed 1 -o pairs.jsonl");
  verb->add_option("graph", command->graph, "content graph (docs/content.md)")->required()->type_name("GRAPH.yaml");
  verb->add_option("-n,--count", command->count, "how many samples")->type_name("N");
  verb->add_option("-s,--seed", command->seed, "seed of all draws")->capture_default_str()->type_name("N");
  verb->add_option("--split", command->split, "train, validation, test, or all by their shares")
      ->capture_default_str()
      ->type_name("SPLIT");
  verb->add_option("-o,--output", command->output, "the file to write")->type_name("OUT.jsonl");
  AddThreadOptions(*verb, command->threads);
  AddEndpointOptions(*verb, command->endpoints);
  verb->add_flag("--dry-run", command->dry_run, "check the graph and print its nodes, lists, splits and cells");
  verb->add_flag("--json", command->json, "the summary as JSON, with the samples of every cell");
  verb->callback([command] { Synth(*command); });
}

void AddShowVerb(CLI::App& content) {
  auto command = std::make_shared<ShowCommand>();
  CLI::App* verb = content.add_subcommand("show", "print one sample: its messages and the values of its nodes");
  verb->footer("Example:\n  bantam content show examples/content/tavern.yaml --seed 7");
  verb->add_option("graph", command->graph, "content graph (docs/content.md)")->required()->type_name("GRAPH.yaml");
  verb->add_option("-s,--seed", command->seed, "seed of all draws")->capture_default_str()->type_name("N");
  verb->add_option("--index", command->index, "which sample of the split")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  verb->add_option("--split", command->split, "train, validation or test")->capture_default_str()->type_name("SPLIT");
  AddEndpointOptions(*verb, command->endpoints);
  verb->add_flag("--json", command->json, "the sample as JSON");
  verb->callback([command] { Show(*command); });
}

}  // namespace

void AddContentVerb(CLI::App& program) {
  CLI::App* content = program.add_subcommand("content", "draw training pairs through a graph of choices and texts");
  content->footer("Example:\n  bantam content show examples/content/tavern.yaml --seed 7");
  content->require_subcommand(1);
  AddSynthVerb(*content);
  AddShowVerb(*content);
}

}  // namespace bantam::cli
