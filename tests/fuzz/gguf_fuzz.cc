// GGUF header: any bytes give a header or an Error, and what was read encodes to the bytes it was read from.
#include <cstdlib>
#include <cstring>
#include <span>

#include "base/error.h"
#include "formats/gguf_layout.h"

namespace {

// Version 2 is written as 3; all else must be the same up to the padding.
void CheckRoundTrip(const bantam::GgufHeader& header, std::span<const std::byte> file) {
  std::string again = bantam::EncodeGgufPreamble(header.tensors.size(), header.metadata.entries().size());
  again += bantam::EncodeGgufMetadata(header.metadata);
  for (const bantam::GgufTensorInfo& info : header.tensors) again += bantam::EncodeGgufTensorInfo(info);
  std::memcpy(again.data() + bantam::kGgufMagic.size(), &header.version, sizeof(header.version));
  if (again.size() != header.header_bytes || std::memcmp(again.data(), file.data(), again.size()) != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = std::as_bytes(std::span(data, size));
  try {
    const bantam::GgufHeader header = bantam::ParseGguf(file, "fuzz.gguf");
    CheckRoundTrip(header, file);
    for (const bantam::GgufTensorInfo& info : header.tensors) {
      if (header.data_offset + info.offset + info.bytes > size) std::abort();
    }
    for (const auto& [key, value] : header.metadata.entries()) {
      try {
        header.metadata.GetInts(key);
      } catch (const bantam::Error&) {
      }
      try {
        header.metadata.GetFloats(key);
      } catch (const bantam::Error&) {
      }
    }
  } catch (const bantam::Error&) {
  }
  return 0;
}
