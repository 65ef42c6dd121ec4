#include "common/inspection.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "common/open_model.h"
#include "formats/gguf.h"
#include "formats/gguf_layout.h"
#include "formats/hf_folder.h"
#include "formats/llama2c.h"
#include "model/memory.h"
#include "model/model.h"

namespace bantam::cli {
namespace {

// The first elements of an array of numbers, read through the metadata's typed access.
Json FirstNumbers(const GgufMetadata& metadata, const std::string& key, GgufType element) {
  Json values = Json::array();
  const auto take = [&](const auto& numbers) {
    for (size_t i = 0; i < std::min<size_t>(numbers.size(), kShownElements); ++i) values.push_back(numbers[i]);
  };
  if (element == GgufType::kF32) {
    take(metadata.GetFloats(key));
  } else if (element != GgufType::kF64 && element != GgufType::kBool) {
    take(metadata.GetInts(key));
  }
  return values;
}

MetadataLine DescribeEntry(const GgufMetadata& metadata, const std::string& key, const GgufValue& value) {
  MetadataLine line{SanitizeUtf8(key), std::string(GgufTypeName(value.type)), nullptr};
  if (const auto* text = std::get_if<std::string>(&value.value)) {
    line.value = SanitizeUtf8(*text);
  } else if (const auto* array = std::get_if<GgufArray>(&value.value)) {
    line.type = fmt::format("[{}]", GgufTypeName(array->element));
    line.count = array->count;
    if (array->element == GgufType::kString) {
      line.value = Json::array();
      for (size_t i = 0; i < std::min<size_t>(array->strings.size(), kShownElements); ++i) {
        line.value.push_back(SanitizeUtf8(array->strings[i]));
      }
    } else {
      line.value = FirstNumbers(metadata, key, array->element);
    }
  } else {
    std::visit(
        [&](const auto& scalar) {
          if constexpr (std::is_arithmetic_v<std::decay_t<decltype(scalar)>>) line.value = scalar;
        },
        value.value);
  }
  return line;
}

void FromGguf(const std::filesystem::path& path, Inspection& inspection) {
  const auto file = GgufFile::Open(path);
  inspection.format = fmt::format("GGUF v{}", file->version());
  inspection.file_bytes = file->file_bytes();
  for (const auto& [key, value] : file->metadata().entries()) {
    inspection.metadata.push_back(DescribeEntry(file->metadata(), key, value));
  }
  for (const GgufTensorInfo& tensor : file->tensors()) {
    inspection.tensors.push_back({tensor.name, tensor.dtype, tensor.shape, tensor.bytes});
  }
}

void FromHf(const std::filesystem::path& path, Inspection& inspection) {
  const HfFolder folder = HfFolder::Open(path);
  inspection.format = "Hugging Face folder";
  for (const auto& [key, value] : folder.config.items()) inspection.metadata.push_back({key, value.type_name(), value});
  if (folder.weights != nullptr) inspection.tensors = folder.weights->entries();
  for (const TensorEntry& tensor : inspection.tensors) inspection.file_bytes += tensor.bytes;
}

void FromLlama2c(const std::filesystem::path& path, Inspection& inspection) {
  const auto source = Llama2cSource::Open(path);
  inspection.format = "llama2.c checkpoint";
  inspection.file_bytes = std::filesystem::file_size(path);
  const Llama2cConfig& config = source->config();
  const std::pair<const char*, int32_t> fields[] = {
      {"dim", config.dim},         {"hidden_dim", config.hidden_dim}, {"n_layers", config.n_layers},
      {"n_heads", config.n_heads}, {"n_kv_heads", config.n_kv_heads}, {"vocab_size", config.vocab_size},
      {"seq_len", config.seq_len}};
  for (const auto& [key, value] : fields) inspection.metadata.push_back({key, "i32", value});
  inspection.tensors = source->entries();
}

}  // namespace

uint64_t Inspection::tensor_bytes() const {
  uint64_t sum = 0;
  for (const TensorEntry& tensor : tensors) sum += tensor.bytes;
  return sum;
}

uint64_t Inspection::tensor_values() const {
  uint64_t sum = 0;
  for (const TensorEntry& tensor : tensors) sum += static_cast<uint64_t>(ElementCount(tensor.shape));
  return sum;
}

Inspection Inspect(const std::filesystem::path& path) {
  Inspection inspection;
  inspection.path = path.string();
  if (std::filesystem::is_directory(path)) {
    FromHf(path, inspection);
  } else {
    IsGguf(path) ? FromGguf(path, inspection) : FromLlama2c(path, inspection);
  }
  try {
    inspection.architecture = Model::Open(path)->architecture();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUnsupported && error.code() != ErrorCode::kFormat) throw;
    inspection.why_not = error.what();
  }
  return inspection;
}

std::vector<int64_t> MemoryContexts(const Architecture& architecture) {
  std::vector<int64_t> contexts;
  for (int64_t context = 512; context < architecture.context_length; context *= 4) contexts.push_back(context);
  contexts.push_back(architecture.context_length);
  return contexts;
}

std::vector<DType> MemoryCacheTypes(const Architecture& architecture) {
  std::vector<DType> types;
  for (const DType type : {DType::kF32, DType::kF16, DType::kQ8_0}) {
    if (architecture.head_dim % Info(type).block_values == 0) types.push_back(type);
  }
  return types;
}

Json ToJson(const Inspection& inspection) {
  Json json = {{"schema", "bantam.inspect/1"},
               {"path", inspection.path},
               {"format", inspection.format},
               {"file_bytes", inspection.file_bytes},
               {"tensor_bytes", inspection.tensor_bytes()},
               {"runnable", inspection.architecture.has_value()}};
  if (!inspection.architecture) json["reason"] = inspection.why_not;
  if (inspection.architecture) {
    const Architecture& architecture = *inspection.architecture;
    const ParameterCounts counts = CountParameters(architecture);
    json["architecture"] = architecture.family;
    json["parameters"] = {{"total", counts.total}, {"active", counts.active}, {"embedding", counts.embedding}};
    Json memory = Json::array();
    for (const DType kv : MemoryCacheTypes(architecture)) {
      for (const int64_t context : MemoryContexts(architecture)) {
        const int64_t kv_bytes = KvBytes(architecture, kv, context);
        memory.push_back({{"context", context},
                          {"kv_type", Name(kv)},
                          {"kv_bytes", kv_bytes},
                          {"total_bytes", inspection.tensor_bytes() + static_cast<uint64_t>(kv_bytes)}});
      }
    }
    json["memory"] = std::move(memory);
  } else {
    json["parameters"] = {{"total", inspection.tensor_values()}};
  }
  json["metadata"] = Json::array();
  for (const MetadataLine& line : inspection.metadata) {
    Json entry = {{"key", line.key}, {"type", line.type}, {"value", line.value}};
    if (line.type.starts_with('[')) entry["count"] = line.count;
    json["metadata"].push_back(std::move(entry));
  }
  json["tensors"] = Json::array();
  for (const TensorEntry& tensor : inspection.tensors) {
    json["tensors"].push_back({{"name", SanitizeUtf8(tensor.name)},
                               {"type", Name(tensor.dtype)},
                               {"shape", tensor.shape},
                               {"bytes", tensor.bytes}});
  }
  return json;
}

}  // namespace bantam::cli
