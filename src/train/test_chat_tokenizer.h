// A byte-level tokenizer with ChatML's tokens and template: one token per byte, so that tests can count. For tests only.
#pragma once

#include "text/test_tokenizers.h"
#include "text/tokenizer.h"

namespace bantam::testing {

inline constexpr char kChatMl[] =
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

inline constexpr int32_t kImStart = 257, kImEnd = 258, kEndOfText = 259;

inline Tokenizer ChatTokenizer(const char* chat_template = kChatMl) {
  Json json = ByteLevelJson({});  // ends with id 256, <|end|>
  int32_t id = kImStart;
  for (const char* text : {"<|im_start|>", "<|im_end|>", "<|endoftext|>"}) {
    json["added_tokens"].push_back({{"id", id++}, {"content", text}, {"special", true}, {"normalized", false}});
  }
  Vocabulary vocabulary = FromJson(json);
  if (chat_template != nullptr) vocabulary.chat_template = chat_template;
  return Tokenizer(std::move(vocabulary));
}

}  // namespace bantam::testing
