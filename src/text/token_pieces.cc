#include "text/token_pieces.h"

#include "text/byte_level.h"
#include "text/normalizer.h"

namespace bantam {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

std::string BytesOfPrintable(const std::string& text) {
  std::string bytes;
  return AppendPrintedBytes(text, bytes) ? bytes : text;
}

std::string BytesOfByteToken(const std::string& text) {
  const int byte = ByteOfToken(text);
  return byte >= 0 ? std::string(1, static_cast<char>(byte)) : text;
}

// llama.cpp goes by the token's type.
std::string PieceByType(const Vocabulary& vocabulary, size_t i) {
  const std::string& text = vocabulary.tokens[i];
  switch (vocabulary.types[i]) {
    case TokenType::kByte:
      return BytesOfByteToken(text);
    case TokenType::kNormal:
      return vocabulary.kind == TokenizerKind::kByteLevelBpe ? BytesOfPrintable(text) : ReplaceAll(text, "\u2581", " ");
    case TokenType::kUnknown:
    case TokenType::kControl:
    case TokenType::kUserDefined:
    case TokenType::kUnused:
      break;
  }
  return text;
}

// tokenizer.json says what to do with every text; ByteLevel alone leaves added tokens as they are.
std::string PieceBySteps(const DecoderSteps& decoder, std::string text, bool is_added) {
  if (decoder.byte_level) return is_added ? text : BytesOfPrintable(text);
  for (const auto& [from, to] : decoder.replace) text = ReplaceAll(text, from, to);
  if (decoder.byte_fallback) text = BytesOfByteToken(text);
  if (decoder.strip == DecoderSteps::Strip::kEachToken) {
    size_t cut = 0;
    while (cut < text.size() && cut < static_cast<size_t>(decoder.strip_count) && text[cut] == decoder.strip_character)
      ++cut;
    text.erase(0, cut);
  }
  return text;
}

}  // namespace

int ByteOfToken(std::string_view text) {
  if (text.size() != 6 || !text.starts_with("<0x") || text[5] != '>') return -1;
  const int high = HexDigit(text[3]), low = HexDigit(text[4]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

TokenPieces::TokenPieces(const Vocabulary& vocabulary) {
  const size_t count = vocabulary.tokens.size();
  std::vector<bool> added(count);
  special_.resize(count);
  for (const AddedToken& token : vocabulary.added) {
    added[static_cast<size_t>(token.id)] = true;
    special_[static_cast<size_t>(token.id)] = token.special;
  }
  offsets_.reserve(count + 1);
  for (size_t i = 0; i < count; ++i) {
    offsets_.push_back(bytes_.size());
    if (vocabulary.types[i] == TokenType::kUnused) continue;
    bytes_ += vocabulary.rules == TokenizerRules::kLlamaCpp
                  ? PieceByType(vocabulary, i)
                  : PieceBySteps(vocabulary.decoder, vocabulary.tokens[i], added[i]);
  }
  offsets_.push_back(bytes_.size());
}

}  // namespace bantam
