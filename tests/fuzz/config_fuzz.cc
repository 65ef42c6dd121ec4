// config.json from strangers: any bytes become an architecture whose tensors can be listed, or an Error.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "model/families.h"
#include "model/gguf_metadata.h"
#include "model/memory.h"

namespace {

// What a valid config must survive: what one can write, one reads back.
void CheckRoundTrips(const bantam::Architecture& architecture) {
  const bantam::Family& family = bantam::FamilyFor(architecture);
  if (!(family.FromHf(family.ToHf(architecture), "config.json") == architecture)) __builtin_trap();
  bantam::GgufMetadata metadata;
  bantam::WriteArchitecture(architecture, metadata);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const bantam::Json config = bantam::ParseJson({reinterpret_cast<const char*>(data), size}, "config.json");
    const bantam::Architecture architecture = bantam::FamilyForHf(config, "config.json").FromHf(config, "config.json");
    const auto specs = bantam::TensorSpecs(architecture);
    const int64_t parameters = bantam::CountParameters(architecture).total;
    if (specs.empty() || parameters <= 0) __builtin_trap();
    CheckRoundTrips(architecture);
  } catch (const bantam::Error&) {
  }
  return 0;
}
