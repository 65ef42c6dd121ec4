// Vocabulary from llama2.c's tokenizer.bin: SentencePiece pieces with scores, spaces in place of "▁".
#include <algorithm>

#include "base/error.h"
#include "text/normalizer.h"
#include "text/token_pieces.h"
#include "text/vocabulary.h"

namespace bantam {

Vocabulary Vocabulary::FromLlama2c(const Llama2cTokenizer& tokenizer) {
  Vocabulary v;
  v.source = "llama2.c tokenizer";
  v.rules = TokenizerRules::kLlamaCpp;
  v.kind = TokenizerKind::kSentencePieceBpe;
  v.pre = "default";
  v.byte_fallback = true;
  v.scores = tokenizer.scores;
  if (tokenizer.tokens.size() < 3)
    Fail(ErrorCode::kFormat, "fewer than the three tokens <unk>, <s> and </s>", v.source);
  for (const std::string& text : tokenizer.tokens) {
    v.tokens.push_back(ReplaceAll(text, " ", "\u2581"));
    v.types.push_back(ByteOfToken(text) >= 0 ? TokenType::kByte : TokenType::kNormal);
  }
  // The file writes the two control tokens between line ends.
  v.tokens[0] = "<unk>";
  v.tokens[1] = "<s>";
  v.tokens[2] = "</s>";
  v.types[0] = TokenType::kUnknown;
  v.types[1] = v.types[2] = TokenType::kControl;
  for (int32_t id = 0; id < 3; ++id)
    v.added.push_back({.id = id, .text = v.tokens[static_cast<size_t>(id)], .special = true});
  v.unk = 0;
  v.bos = 1;
  v.eos = 2;
  v.end_of_generation = {2};
  v.add_bos = true;
  v.template_before = {1};
  v.decoder.byte_fallback = true;
  v.decoder.replace = {{"\u2581", " "}};
  v.decoder.strip = DecoderSteps::Strip::kFirstToken;
  v.decoder.strip_count = 1;
  v.Check();
  return v;
}

}  // namespace bantam
