// A README's front matter (pipeline/model_card.h): any bytes give a card, and what is kept is valid UTF-8.
#include <cstddef>
#include <cstdint>

#include "base/utf8.h"
#include "pipeline/model_card.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto card = bantam::ParseModelCard({reinterpret_cast<const char*>(data), size});
  for (const std::string& text : card.base_models) {
    if (!bantam::IsValidUtf8(text)) __builtin_trap();
  }
  bantam::GgufMetadata metadata("input");
  bantam::WriteModelCard(card, metadata);
  return 0;
}
