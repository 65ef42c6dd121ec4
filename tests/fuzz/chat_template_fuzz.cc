// Feeds arbitrary templates to the chat template parser and, when they parse, renders them on a fixed conversation.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "text/chat_template.h"

namespace {

const bantam::Json& Context() {
  static const bantam::Json context = bantam::ParseJson(R"({
    "messages": [{"role": "system", "content": " Be kind.\n"}, {"role": "user", "content": "Grüße 漢字 🙂"},
      {"role": "assistant", "content": null, "tool_calls": [{"type": "function", "function":
        {"name": "f", "arguments": {"x": 1, "y": [1.5, null, true, "<&>"]}}}]},
      {"role": "tool", "content": "5"}, {"role": "assistant", "content": "<think>a</think>b"}, {"role": "user", "content": ""}],
    "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters":
      {"type": "object", "properties": {"x": {"type": "integer", "description": "n"}, "y": {"type": ["array", "string"]}}}}}],
    "add_generation_prompt": true, "bos_token": "<s>", "eos_token": "</s>",
    "n": -7, "big": 9223372036854775807, "f": 2.5, "s": "a b", "xs": [3, 1, 2], "d": {"a": 1, "b": [2]}})",
                                                        "fuzz");
  return context;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Small limits keep each input fast; the code that enforces them is the same.
  const bantam::ChatTemplateLimits limits = {
      .steps = 20'000, .output_bytes = 1 << 20, .memory_bytes = 4 << 20, .depth = 50};
  try {
    const bantam::ChatTemplate chat_template(std::string(reinterpret_cast<const char*>(data), size), "fuzz", limits);
    chat_template.Render(Context(), 1735689845);
  } catch (const bantam::Error&) {
  }
  return 0;
}
