#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <span>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "formats/names.h"
#include "formats/safetensors.h"
#include "formats/safetensors_header.h"

namespace bantam {
namespace {

std::string Quote(std::string_view text) { return DumpJson(Json(text), -1); }

void CheckEntry(const SafetensorsEntry& entry, const std::string& where) {
  const std::string place = fmt::format("{}, tensor '{}'", where, SanitizeUtf8(entry.name));
  if (entry.name.empty() || entry.name == "__metadata__" || !IsCleanName(entry.name)) {
    Fail(ErrorCode::kUnsupported, "a safetensors file cannot have a tensor of this name", place);
  }
  if (!SafetensorsTypeName(entry.tensor.dtype)) {
    Fail(ErrorCode::kUnsupported, fmt::format("safetensors has no type {}", Name(entry.tensor.dtype)), place,
         "write a GGUF");
  }
  const auto bytes = static_cast<uint64_t>(entry.tensor.elements() * Info(entry.tensor.dtype).block_bytes);
  if (bytes != entry.tensor.bytes.size()) {
    Fail(ErrorCode::kInternal,
         fmt::format("shape {} needs {} bytes, {} were given", ToString(entry.tensor.shape), bytes,
                     entry.tensor.bytes.size()),
         place);
  }
}

// The wider types first: every offset is then a multiple of its tensor's element.
std::vector<const SafetensorsEntry*> InFileOrder(const std::vector<SafetensorsEntry>& tensors,
                                                 const std::string& where) {
  std::vector<const SafetensorsEntry*> order;
  for (const SafetensorsEntry& entry : tensors) {
    CheckEntry(entry, where);
    order.push_back(&entry);
  }
  std::sort(order.begin(), order.end(), [](const SafetensorsEntry* a, const SafetensorsEntry* b) {
    const int64_t wide_a = Info(a->tensor.dtype).block_bytes, wide_b = Info(b->tensor.dtype).block_bytes;
    return wide_a != wide_b ? wide_a > wide_b : a->name < b->name;
  });
  return order;
}

std::string EncodeHeader(const std::vector<const SafetensorsEntry*>& order,
                         const std::map<std::string, std::string>& metadata) {
  std::string header = "{";
  if (!metadata.empty()) header += "\"__metadata__\":" + DumpJson(Json(metadata), -1) + ",";
  uint64_t offset = 0;
  for (const SafetensorsEntry* entry : order) {
    const Tensor& tensor = entry->tensor;
    header += fmt::format("{}:{{\"dtype\":\"{}\",\"shape\":{},\"data_offsets\":[{},{}]}},", Quote(entry->name),
                          Name(tensor.dtype), ToString(tensor.shape), offset, offset + tensor.bytes.size());
    offset += tensor.bytes.size();
  }
  if (header.back() == ',') header.pop_back();
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');  // spaces are allowed there, and align the data for every type
  return header;
}

}  // namespace

void WriteSafetensors(const std::filesystem::path& path, const std::vector<SafetensorsEntry>& tensors,
                      const std::map<std::string, std::string>& metadata) {
  const auto order = InFileOrder(tensors, path.string());
  std::set<std::string_view> names;
  for (const SafetensorsEntry* entry : order) {
    if (!names.insert(entry->name).second) {
      Fail(ErrorCode::kInternal, fmt::format("tensor '{}' is given twice", entry->name), path.string());
    }
  }
  const std::string header = EncodeHeader(order, metadata);
  if (header.size() > kSafetensorsMaximalHeader) {
    Fail(ErrorCode::kUnsupported,
         fmt::format("its header would have {} bytes, {} are the limit", header.size(), kSafetensorsMaximalHeader),
         path.string());
  }
  AtomicFile file(path);
  const uint64_t length = header.size();
  file.Write(std::as_bytes(std::span(&length, 1)));
  file.Write(header);
  for (const SafetensorsEntry* entry : order) file.Write(entry->tensor.bytes);
  file.Commit();
}

}  // namespace bantam
