#include "text/bpe.h"

#include "text/byte_level.h"

namespace bantam {
ByteLevelBpe::ByteLevelBpe(const Vocabulary& vocabulary)
    : text_of_(vocabulary.tokens.size()),
      index_(vocabulary.tokens.size()),
      merges_(vocabulary.merges, vocabulary.rules),
      ignore_merges_(vocabulary.ignore_merges) {
  for (size_t i = 0; i < text_of_.size(); ++i) {
    const auto id = static_cast<int32_t>(i);
    // A word of plain text never becomes a control token; llama.cpp makes no such difference.
    if (vocabulary.types[i] == TokenType::kControl && vocabulary.rules == TokenizerRules::kHuggingFace) continue;
    if (AppendPrintedBytes(vocabulary.tokens[i], text_of_[i]) && !text_of_[i].empty()) index_.Insert(text_of_[i], id);
  }
  for (size_t byte = 0; byte < id_of_byte_.size(); ++byte) {
    const char text = static_cast<char>(byte);
    id_of_byte_[byte] = index_.Find({&text, 1});
    // llama.cpp drops a byte that the vocabulary lacks, even where there is an unknown token. Check() allows that only for
    // bytes of code points that Unicode assigns nothing to.
    if (id_of_byte_[byte] < 0 && vocabulary.rules == TokenizerRules::kHuggingFace)
      id_of_byte_[byte] = vocabulary.unk.value_or(-1);
  }
}

void ByteLevelBpe::Encode(std::string_view word, MergeScratch& scratch, WordMemo& memo,
                          std::vector<int32_t>& out) const {
  if (ignore_merges_) {
    if (const int32_t id = index_.Find(word); id >= 0) return out.push_back(id);
  }
  memo.Append(word, out, [&] { Merge(word, scratch, out); });
}

void ByteLevelBpe::Merge(std::string_view word, MergeScratch& scratch, std::vector<int32_t>& out) const {
  auto& symbols = scratch.symbols;
  symbols.clear();
  if (word.empty()) return;
  for (size_t i = 0; i < word.size(); ++i)
    scratch.Add(static_cast<uint32_t>(i), 1, id_of_byte_[static_cast<uint8_t>(word[i])]);
  MergeSymbols(scratch, [&](const Symbol& left, const Symbol& right) { return merges_.Find(left.id, right.id); });
  for (int32_t i = 0; i >= 0; i = symbols[static_cast<size_t>(i)].next) {
    const int32_t id = symbols[static_cast<size_t>(i)].id;
    if (id >= 0) out.push_back(id);
  }
}

}  // namespace bantam
