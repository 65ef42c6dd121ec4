// tokenizer.json: any text gives an Error or a tokenizer that encodes, decodes and goes through GGUF. The input is JSON, then
// perhaps a zero byte and the text to encode.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "text/tokenizer.h"

namespace {

using namespace bantam;

void Require(bool holds) {
  if (!holds) std::abort();
}

void Check(const Tokenizer& tokenizer, std::string_view text) {
  for (const bool special : {false, true}) {
    const auto ids = tokenizer.Encode(text, {.add_special = special, .parse_special = special});
    const std::string decoded = tokenizer.Decode(ids, !special);
    Require(IsValidUtf8(decoded));
    StreamDecoder stream(tokenizer, {.skip_special = !special});
    std::string streamed;
    for (const int32_t id : ids) streamed += stream.Push(id);
    Require(streamed + stream.Finish() == decoded);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t zero = input.find('\0');
  const std::string_view json = input.substr(0, zero);
  const std::string_view text = zero == std::string_view::npos ? "a b\t 12 é'll <s>\n\xFF" : input.substr(zero + 1);
  try {
    const Vocabulary vocabulary = Vocabulary::FromTokenizerJson(ParseJson(json, "input"), "input");
    Check(Tokenizer(vocabulary), text.substr(0, 1000));
    GgufMetadata metadata("input");
    vocabulary.ToGguf(metadata, static_cast<int64_t>(vocabulary.tokens.size()) + 3);
    Check(Tokenizer(Vocabulary::FromGguf(metadata)), text.substr(0, 1000));
  } catch (const Error&) {
  }
  return 0;
}
