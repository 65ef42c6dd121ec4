// What describes a model in files from strangers becomes an architecture whose tensors can be listed, or an Error. The input
// is a config.json or, when it has the key general.architecture, the metadata of a GGUF written as JSON.
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "model/families.h"
#include "model/gguf_metadata.h"
#include "model/memory.h"

namespace {

using bantam::Architecture;
using bantam::GgufMetadata;
using bantam::GgufTensors;
using bantam::GgufValue;
using bantam::Json;

GgufMetadata MetadataOf(const Json& object) {
  GgufMetadata metadata("model.gguf");
  for (const auto& [key, value] : object.items()) {
    if (value.is_boolean()) metadata.Set(key, GgufValue::Bool(value.get<bool>()));
    if (value.is_string()) metadata.Set(key, GgufValue::String(value.get<std::string>()));
    if (value.is_number_integer()) metadata.Set(key, GgufValue::U32(value.get<uint32_t>()));
    if (value.is_number_float()) metadata.Set(key, GgufValue::F32(value.get<float>()));
  }
  return metadata;
}

// A file that has every tensor anybody asks for.
GgufTensors AllTensors() {
  GgufTensors tensors;
  tensors.shape = [](std::string_view) { return bantam::Shape{512, 64}; };
  tensors.floats = [](std::string_view) { return std::vector<float>(16, 2.0F); };
  return tensors;
}

Architecture Read(const Json& json) {
  if (json.is_object() && json.contains("general.architecture")) {
    const GgufMetadata metadata = MetadataOf(json);
    return bantam::FamilyForGguf(metadata).FromGguf(metadata, AllTensors());
  }
  return bantam::FamilyForHf(json, "config.json").FromHf(json, "config.json");
}

// What one can write, one reads back.
void CheckRoundTrip(Architecture architecture) {
  architecture.name.clear();  // a config.json has none
  const Json written = bantam::FamilyFor(architecture).ToHf(architecture);
  if (!(Read(written) == architecture)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const Architecture architecture =
        Read(bantam::ParseJson({reinterpret_cast<const char*>(data), size}, "config.json"));
    if (bantam::TensorSpecs(architecture).empty() || bantam::CountParameters(architecture).total <= 0) __builtin_trap();
    CheckRoundTrip(architecture);
    GgufMetadata metadata;
    bantam::WriteArchitecture(architecture, metadata);
  } catch (const bantam::Error&) {
  }
  return 0;
}
