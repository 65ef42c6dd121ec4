// bantam inspect: what is in a model file, and how much memory it would take.
#include <fmt/core.h>

#include <map>

#include "base/units.h"
#include "common/inspection.h"
#include "common/output.h"
#include "model/memory.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

constexpr size_t kShownText = 72;  // characters of a metadata string; templates run to thousands

struct InspectOptions {
  std::string model;
  bool tensors = false, json = false;
};

std::string Shorten(const std::string& text) {
  const std::string shown = Printable(text);
  if (shown.size() <= kShownText) return shown;
  size_t end = kShownText;
  while (end > 0 && (shown[end] & 0xc0) == 0x80) --end;  // not inside a UTF-8 character
  return fmt::format("{}... ({} bytes)", shown.substr(0, end), text.size());
}

std::string ShowValue(const MetadataLine& line) {
  if (line.value.is_string()) return Shorten(line.value.get<std::string>());
  // A float's own digits, not those of the double it was widened to.
  if (line.type == "f32") return fmt::format("{}", line.value.get<float>());
  if (!line.type.starts_with('[')) return Shorten(DumpJson(line.value, -1));
  std::string shown = DumpJson(line.value, -1);
  if (line.count > line.value.size()) shown.insert(shown.size() - 1, line.value.empty() ? "..." : ",...");
  return fmt::format("{} x {}", line.count, Shorten(shown));
}

void PrintHeader(const Inspection& inspection) {
  Print(fmt::format("{}\n", Printable(inspection.path)));
  Print(fmt::format("  format        {}, {}, {} tensors\n", inspection.format, FormatBytes(inspection.file_bytes),
                    inspection.tensors.size()));
  if (!inspection.architecture) {
    Print(fmt::format("  parameters    {}\n", inspection.tensor_values()));
    Print(fmt::format("  cannot be run: {}\n", Printable(inspection.why_not)));
    return;
  }
  const Architecture& a = *inspection.architecture;
  const ParameterCounts counts = CountParameters(a);
  Print(fmt::format("  architecture  {}: {} layers, width {}, {} heads of {} ({} for keys and values), ", a.family,
                    a.layers, a.d_model, a.heads, a.head_dim, a.kv_heads));
  if (a.moe) {
    Print(fmt::format("{} experts of {} ({} used)", a.moe->experts, a.moe->expert_ff, a.moe->experts_used));
  } else {
    Print(fmt::format("feed-forward {}", a.d_ff));
  }
  Print(fmt::format(", vocabulary {}, context {}\n", a.vocab_size, a.context_length));
  Print(fmt::format("  parameters    {} ({}), {} active per token, {} in embeddings\n", counts.total,
                    FormatCount(counts.total), counts.active, counts.embedding));
  if (counts.total > 0) {
    Print(fmt::format("  weights       {}, {:.2f} bits per parameter\n", FormatBytes(inspection.tensor_bytes()),
                      8.0 * static_cast<double>(inspection.tensor_bytes()) / static_cast<double>(counts.total)));
  }
}

void PrintMetadata(const Inspection& inspection) {
  if (inspection.metadata.empty()) return;
  Print("\nMetadata\n");
  size_t width = 0;
  for (const MetadataLine& line : inspection.metadata) width = std::max(width, Printable(line.key).size());
  for (const MetadataLine& line : inspection.metadata) {
    Print(fmt::format("  {:<{}}  {:<6} {}\n", Printable(line.key), width, line.type, ShowValue(line)));
  }
}

// "blk.12.attn_q.weight" -> "blk.*.attn_q.weight": layers repeat, one line for all of them says more than thirty.
std::string WithoutLayer(const std::string& name) {
  size_t begin = 0;
  while (begin < name.size()) {
    const size_t end = std::min(name.find('.', begin), name.size());
    if (end > begin && name.find_first_not_of("0123456789", begin) >= end) {
      return name.substr(0, begin) + "*" + name.substr(end);
    }
    begin = end + 1;
  }
  return name;
}

void PrintTensors(const Inspection& inspection, bool every_tensor) {
  struct Group {
    std::string name, type, shape;
    int64_t count = 0;
    uint64_t bytes = 0;
  };
  std::vector<Group> groups;
  std::map<std::string, size_t> index;
  size_t name_width = 0, shape_width = 0;
  for (const TensorEntry& tensor : inspection.tensors) {
    const std::string name = Printable(every_tensor ? tensor.name : WithoutLayer(tensor.name));
    const std::string type(Name(tensor.dtype)), shape = ToString(tensor.shape);
    const auto [place, added] = index.try_emplace(name + "\n" + type + "\n" + shape, groups.size());
    if (added) groups.push_back({name, type, shape});
    Group& group = groups[place->second];
    ++group.count;
    group.bytes += tensor.bytes;
    name_width = std::max(name_width, name.size());
    shape_width = std::max(shape_width, shape.size());
  }
  if (groups.empty()) return;
  Print("\nTensors\n");
  for (const Group& group : groups) {
    Print(fmt::format("  {:<{}}  {:<7} {:<{}} {:>10}", group.name, name_width, group.type, group.shape, shape_width,
                      FormatBytes(group.bytes)));
    Print(group.count > 1 ? fmt::format("  in {} layers\n", group.count) : std::string("\n"));
  }
}

void PrintMemory(const Inspection& inspection) {
  if (!inspection.architecture) return;
  const Architecture& architecture = *inspection.architecture;
  const std::vector<DType> types = MemoryCacheTypes(architecture);
  Print("\nMemory: weights and cache\n  context");
  for (const DType type : types) Print(fmt::format("  {:>12}", fmt::format("{} cache", Name(type))));
  Print("\n");
  for (const int64_t context : MemoryContexts(architecture)) {
    Print(fmt::format("  {:>7}", context));
    for (const DType type : types) {
      const uint64_t cache = static_cast<uint64_t>(KvBytes(architecture, type, context));
      Print(fmt::format("  {:>12}", FormatBytes(inspection.tensor_bytes() + cache)));
    }
    Print("\n");
  }
}

void InspectModel(const InspectOptions& options) {
  const Inspection inspection = Inspect(options.model);
  if (options.json) {
    Print(DumpJson(ToJson(inspection)) + "\n");
    return;
  }
  PrintHeader(inspection);
  PrintMetadata(inspection);
  PrintTensors(inspection, options.tensors);
  PrintMemory(inspection);
}

}  // namespace

void AddInspectVerb(CLI::App& program) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App* verb = program.add_subcommand("inspect", "show metadata, tensors and memory of a model");
  verb->footer(
      "Opens any GGUF, also of architectures and types that Bantam cannot run, without reading its weights.\n"
      "\nExample:\n  bantam inspect model.gguf");
  verb->add_option("model", options->model, "GGUF file, Hugging Face folder or llama2.c checkpoint")
      ->required()
      ->type_name("MODEL");
  verb->add_flag("--tensors", options->tensors, "one line per tensor instead of one for all layers");
  verb->add_flag("--json", options->json, "everything as JSON; of long arrays the first elements and the count");
  verb->callback([options] { InspectModel(*options); });
}

}  // namespace bantam::cli
