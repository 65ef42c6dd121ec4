// safetensors: the bytes are a whole file and, once more, the text of a shard index.
#include <cstdlib>
#include <span>
#include <string_view>

#include "base/error.h"
#include "formats/safetensors_header.h"

namespace {

void ReadAsFile(std::span<const std::byte> file) {
  const bantam::SafetensorsHeader header = bantam::ParseSafetensors(file, "fuzz.safetensors");
  uint64_t end = header.data_offset;
  for (const bantam::SafetensorsInfo& info : header.tensors) {  // they cover the data exactly
    if (header.data_offset + info.begin != end || info.end < info.begin) std::abort();
    end = header.data_offset + info.end;
  }
  if (end != file.size()) std::abort();
}

void ReadAsIndex(std::string_view text) {
  for (const auto& [tensor, shard] : bantam::ParseSafetensorsIndex(text, "fuzz.index.json")) {
    if (shard.empty() || shard.find('/') != std::string::npos || shard.find('\0') != std::string::npos) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    ReadAsFile(std::as_bytes(std::span(data, size)));
  } catch (const bantam::Error&) {
  }
  try {
    ReadAsIndex({reinterpret_cast<const char*>(data), size});
  } catch (const bantam::Error&) {
  }
  return 0;
}
