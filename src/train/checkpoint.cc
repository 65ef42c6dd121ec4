#include "train/checkpoint.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "formats/safetensors.h"

namespace bantam {
namespace {

constexpr const char* kSchema = "bantam.checkpoint/1";
constexpr const char* kMetadataKey = "bantam";

Json ToJson(const CheckpointState& state) {
  return {{"schema", kSchema},           {"recipe", state.identity.recipe}, {"files", state.identity.files},
          {"step", state.step},          {"tokens", state.tokens},          {"seconds", state.seconds},
          {"objective", state.objective}};
}

void CheckIdentity(const Json& json, const RunIdentity& identity, const std::string& where) {
  const std::string hint = "--fresh starts over";
  if (Get<std::string>(json, "recipe", where) != identity.recipe) {
    Fail(ErrorCode::kUsage, "the checkpoint belongs to another recipe or to an older state of this one", where, hint);
  }
  const Json& files = json.at("files");
  for (const auto& [path, hash] : identity.files) {
    if (!files.contains(path) || files[path] != hash) {
      Fail(ErrorCode::kUsage, fmt::format("{} changed since the run began", path), where,
           "restore the file, or start over with --fresh");
    }
  }
}

void CopyTensor(const TensorSource& source, const std::string& name, int64_t size, float* to) {
  const Tensor tensor = source.Load(name);
  if (tensor.dtype != DType::kF32 || tensor.elements() != size) {
    Fail(ErrorCode::kFormat, fmt::format("tensor {} is no F32 tensor of {} values", name, size), source.where());
  }
  std::memcpy(to, tensor.bytes.data(), tensor.bytes.size());
}

}  // namespace

void WriteCheckpoint(const std::filesystem::path& path, const CheckpointState& state,
                     const std::vector<Parametrization::Trainable>& trainables,
                     const TrainingArrays<const float>& arrays) {
  std::vector<SafetensorsEntry> entries;
  for (const Parametrization::Trainable& t : trainables) {
    const auto add = [&](const char* kind, std::span<const float> array) {
      const auto bytes = std::as_bytes(array.subspan(t.offset, t.size));
      entries.push_back({fmt::format("{}/{}", kind, t.name), {DType::kF32, t.shape, bytes, nullptr}});
    };
    add("parameter", arrays.values);
    add("first_moment", arrays.first_moments);
    add("second_moment", arrays.second_moments);
  }
  WriteSafetensors(path, entries, {{kMetadataKey, DumpJson(ToJson(state), -1)}});
}

CheckpointState ReadCheckpoint(const std::filesystem::path& path, const RunIdentity& identity,
                               const std::vector<Parametrization::Trainable>& trainables,
                               const TrainingArrays<float>& arrays) {
  const std::string where = path.string();
  const auto source = SafetensorsSource::OpenFile(path);
  const auto metadata = source->metadata().find(kMetadataKey);
  if (metadata == source->metadata().end()) Fail(ErrorCode::kFormat, "is no checkpoint of a training run", where);
  const Json json = ParseJson(metadata->second, where);
  if (Get<std::string>(json, "schema", where) != kSchema) {
    Fail(ErrorCode::kFormat, fmt::format("its schema is not {}", kSchema), where);
  }
  CheckIdentity(json, identity, where);
  for (const Parametrization::Trainable& t : trainables) {
    CopyTensor(*source, "parameter/" + t.name, t.size, arrays.values.data() + t.offset);
    CopyTensor(*source, "first_moment/" + t.name, t.size, arrays.first_moments.data() + t.offset);
    CopyTensor(*source, "second_moment/" + t.name, t.size, arrays.second_moments.data() + t.offset);
  }
  return {.identity = identity,
          .step = Get<int64_t>(json, "step", where),
          .tokens = Get<int64_t>(json, "tokens", where),
          .seconds = Get<double>(json, "seconds", where),
          .objective = json.at("objective")};
}

}  // namespace bantam
