// llama2.c: the bytes are a checkpoint and, once more, a tokenizer.bin whose vocabulary size stands in the first byte.
#include <cstdlib>
#include <span>

#include "base/error.h"
#include "formats/llama2c_layout.h"

namespace {

void ReadAsCheckpoint(std::span<const std::byte> file) {
  const bantam::Llama2cLayout layout = bantam::ParseLlama2c(file, "fuzz.bin");
  if (layout.entries.size() != layout.offsets.size()) std::abort();
  for (size_t i = 0; i < layout.entries.size(); ++i) {
    const uint64_t bytes = layout.entries[i].bytes;
    if (layout.offsets[i] % sizeof(float) != 0 || bytes > file.size() || layout.offsets[i] > file.size() - bytes)
      std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  try {
    ReadAsCheckpoint(bytes);
  } catch (const bantam::Error&) {
  }
  if (size == 0) return 0;
  try {
    const auto vocab_size = static_cast<int32_t>(data[0]);
    const auto tokenizer = bantam::ParseLlama2cTokenizer(bytes.subspan(1), vocab_size, "fuzz.tokenizer.bin");
    if (tokenizer.tokens.size() != data[0] || tokenizer.scores.size() != data[0]) std::abort();
  } catch (const bantam::Error&) {
  }
  return 0;
}
