#include "text/sentencepiece_bpe.h"

#include <fmt/core.h>

#include <algorithm>
#include <bit>

#include "text/lenient_utf8.h"

namespace bantam {
namespace {

constexpr std::string_view kSpace = "\u2581";

// Numbers that order as the scores do, highest first. The usual trick on the bits of a float: flip all of a negative
// number's, else the sign only; then everything, for descending order. Adding zero makes -0 and +0 one.
uint32_t DescendingKey(float score) {
  const auto bits = std::bit_cast<uint32_t>(score + 0.0F);
  return ~(bits & 0x80000000U ? ~bits : bits | 0x80000000U);
}

}  // namespace

SentencePieceBpe::SentencePieceBpe(const Vocabulary& vocabulary)
    : vocabulary_(&vocabulary),
      index_(vocabulary.tokens.size()),
      merges_(vocabulary.merges, vocabulary.rules),
      by_score_(!vocabulary.scores.empty()) {
  for (size_t i = 0; i < vocabulary.tokens.size(); ++i) {
    index_.Insert(vocabulary.tokens[i], static_cast<int32_t>(i));
    longest_token_ = std::max(longest_token_, vocabulary.tokens[i].size());
  }
  FindJoins();
  for (const float score : vocabulary.scores) keys_.push_back(DescendingKey(score));
  for (size_t byte = 0; byte < id_of_byte_.size(); ++byte) {
    id_of_byte_[byte] = vocabulary.byte_fallback ? index_.Find(fmt::format("<0x{:02X}>", byte)) : -1;
    if (id_of_byte_[byte] < 0 && vocabulary.rules == TokenizerRules::kLlamaCpp) {
      const char text = static_cast<char>(byte);
      id_of_byte_[byte] = index_.Find({&text, 1});
    }
  }
}

void SentencePieceBpe::FindJoins() {
  // Without a token of its own a space is an unknown one, which may have to fuse with its neighbour.
  if (index_.Find(kSpace) < 0) return joins_space_.fill(true);
  for (const std::string& token : vocabulary_->tokens) {
    for (size_t at = 0; (at = token.find(kSpace, at)) != std::string::npos; at += kSpace.size()) {
      if (at > 0 && !std::string_view(token).substr(0, at).ends_with(kSpace))
        joins_space_[static_cast<uint8_t>(token[at - 1])] = true;
    }
  }
}

std::optional<MergeProposal> SentencePieceBpe::ByScore(std::string_view text, const Symbol& left,
                                                       const Symbol& right) const {
  const size_t size = left.size + right.size;
  if (size > longest_token_) return std::nullopt;
  const int32_t id = index_.Find(text.substr(left.begin, size));
  if (id < 0) return std::nullopt;
  return MergeProposal{keys_[static_cast<size_t>(id)], id};
}

// A character that is no token: its bytes, when all of them are tokens, else one unknown token. `first`: where the ids of
// this text begin in `out`.
void SentencePieceBpe::AppendUnknown(std::string_view character, size_t first, std::vector<int32_t>& out) const {
  const auto id_of = [&](char c) { return id_of_byte_[static_cast<uint8_t>(c)]; };
  if (std::all_of(character.begin(), character.end(), [&](char c) { return id_of(c) >= 0; })) {
    for (const char c : character) out.push_back(id_of(c));
    return;
  }
  if (!vocabulary_->unk) return;
  const bool fuse = vocabulary_->fuse_unk && out.size() > first && out.back() == *vocabulary_->unk;
  if (!fuse) out.push_back(*vocabulary_->unk);
}

void SentencePieceBpe::Encode(std::string_view text, MergeScratch& scratch, WordMemo& memo,
                              std::vector<int32_t>& out) const {
  size_t begin = 0;
  bool after_space = true;
  for (size_t at = 0; at < text.size();) {
    const size_t size = RawCharacterLength(text.substr(at));
    const bool space = text.substr(at, size) == kSpace;
    if (space && !after_space && !joins_space_[static_cast<uint8_t>(text[at - 1])]) {
      const std::string_view word = text.substr(begin, at - begin);
      memo.Append(word, out, [&] { Merge(word, scratch, out); });
      begin = at;
    }
    after_space = space;
    at += size;
  }
  const std::string_view rest = text.substr(begin);
  memo.Append(rest, out, [&] { Merge(rest, scratch, out); });
}

void SentencePieceBpe::Merge(std::string_view word, MergeScratch& scratch, std::vector<int32_t>& out) const {
  auto& symbols = scratch.symbols;
  symbols.clear();
  if (word.empty()) return;
  for (size_t at = 0; at < word.size();) {
    const size_t size = RawCharacterLength(word.substr(at));
    scratch.Add(static_cast<uint32_t>(at), static_cast<uint32_t>(size), index_.Find(word.substr(at, size)));
    at += size;
  }
  if (by_score_) {
    MergeSymbols(scratch, [&](const Symbol& left, const Symbol& right) { return ByScore(word, left, right); });
  } else {
    MergeSymbols(scratch, [&](const Symbol& left, const Symbol& right) { return merges_.Find(left.id, right.id); });
  }
  const size_t first = out.size();
  for (int32_t i = 0; i >= 0; i = symbols[static_cast<size_t>(i)].next) {
    const Symbol& symbol = symbols[static_cast<size_t>(i)];
    if (symbol.id >= 0) {
      out.push_back(symbol.id);
    } else {
      AppendUnknown(word.substr(symbol.begin, symbol.size), first, out);
    }
  }
}

}  // namespace bantam
