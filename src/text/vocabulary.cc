#include "text/vocabulary.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "text/byte_level.h"
#include "text/token_index.h"

namespace bantam {
namespace {

// A token as errors show it.
std::string Shown(const std::string& token) {
  constexpr size_t kMost = 60;
  return token.size() <= kMost ? token : token.substr(0, kMost) + "...";
}

class Checker {
 public:
  explicit Checker(const Vocabulary& vocabulary) : v_(vocabulary), index_(vocabulary.tokens.size()) {}

  void Run() {
    Sizes();
    Texts();
    Ids();
    Merges();
    v_.kind == TokenizerKind::kByteLevelBpe ? PrintableBytes() : ByteTokens();
  }

 private:
  [[noreturn]] void Broken(std::string what) const { Fail(ErrorCode::kFormat, std::move(what), v_.source); }

  void Sizes() const {
    if (v_.tokens.empty()) Broken("the tokenizer has no tokens");
    if (v_.types.size() != v_.tokens.size())
      Broken(fmt::format("{} token types for {} tokens", v_.types.size(), v_.tokens.size()));
    if (!v_.scores.empty() && v_.scores.size() != v_.tokens.size())
      Broken(fmt::format("{} scores for {} tokens", v_.scores.size(), v_.tokens.size()));
    for (size_t i = 0; i < v_.scores.size(); ++i) {
      if (std::isnan(v_.scores[i])) Broken(fmt::format("the score of token {} is not a number", i));
    }
  }

  void Texts() {
    for (size_t i = 0; i < v_.tokens.size(); ++i) {
      if (v_.tokens[i].empty()) Broken(fmt::format("token {} is empty", i));
      const int32_t other = index_.Insert(v_.tokens[i], static_cast<int32_t>(i));
      if (other >= 0) Broken(fmt::format("tokens {} and {} are both \"{}\"", other, i, Shown(v_.tokens[i])));
    }
  }

  void Id(int32_t id, std::string_view what) const {
    if (id < 0 || static_cast<size_t>(id) >= v_.tokens.size())
      Broken(fmt::format("{} is {}, the vocabulary has {} tokens", what, id, v_.tokens.size()));
  }

  void Ids() const {
    const std::pair<std::string_view, std::optional<int32_t>> named[] = {
        {"bos", v_.bos}, {"eos", v_.eos}, {"eot", v_.eot}, {"eom", v_.eom},
        {"unk", v_.unk}, {"sep", v_.sep}, {"pad", v_.pad}, {"mask", v_.mask}};
    for (const auto& [name, id] : named) {
      if (id) Id(*id, fmt::format("the {} token", name));
    }
    for (const int32_t id : v_.end_of_generation) Id(id, "an end-of-generation token");
    for (const int32_t id : v_.template_before) Id(id, "a token before the text");
    for (const int32_t id : v_.template_after) Id(id, "a token after the text");
    for (const AddedToken& token : v_.added) Id(token.id, fmt::format("added token \"{}\"", Shown(token.text)));
  }

  void Merges() const {
    for (size_t rank = 0; rank < v_.merges.size(); ++rank) {
      const Merge& merge = v_.merges[rank];
      Id(merge.left, fmt::format("the left part of merge {}", rank));
      Id(merge.right, fmt::format("the right part of merge {}", rank));
      Id(merge.result, fmt::format("the result of merge {}", rank));
      const auto text = [&](int32_t id) -> const std::string& { return v_.tokens[static_cast<size_t>(id)]; };
      if (text(merge.left) + text(merge.right) != text(merge.result)) {
        Broken(fmt::format("merge {} of \"{}\" and \"{}\" gives \"{}\"", rank, Shown(text(merge.left)),
                           Shown(text(merge.right)), Shown(text(merge.result))));
      }
    }
  }

  // Text would vanish without a token for each byte that characters have. C0, C1 and F5 to FF are in no UTF-8; F1 and F2
  // begin code points that Unicode assigns nothing to, and F4 those of private use: StarCoder has no token for F1.
  void PrintableBytes() const {
    if (v_.unk && v_.rules == TokenizerRules::kHuggingFace) return;
    for (int byte = 0; byte < 256; ++byte) {
      const bool needed = byte < 0xC0 || (byte >= 0xC2 && byte <= 0xF0) || byte == 0xF3;
      if (needed && index_.Find(PrintableByte(static_cast<uint8_t>(byte))) < 0)
        Broken(fmt::format("no token for the byte 0x{:02X}: some text could not be encoded", byte));
    }
  }

  void ByteTokens() const {
    if (v_.unk && v_.rules == TokenizerRules::kHuggingFace) return;
    for (int byte = 0; byte < 256; ++byte) {
      if (index_.Find(fmt::format("<0x{:02X}>", byte)) < 0)
        Broken(fmt::format("the byte token <0x{:02X}> is missing: some text could not be encoded", byte));
    }
  }

  const Vocabulary& v_;
  TokenIndex index_;
};

}  // namespace

void Vocabulary::Check() const { Checker(*this).Run(); }

void Vocabulary::Resize(int64_t rows) {
  const auto count = static_cast<int64_t>(tokens.size());
  for (int64_t id = rows; id < count; ++id) {
    const auto is_it = [&](const AddedToken& token) { return token.id == id; };
    if (!std::any_of(added.begin(), added.end(), is_it)) {
      Fail(ErrorCode::kFormat,
           fmt::format("the tokenizer has {} tokens but the embedding only {} rows, and token {} is not an added one",
                       count, rows, id),
           source, "the tokenizer belongs to another model");
    }
  }
  const auto gone = [&](int32_t id) { return id >= rows; };
  std::erase_if(added, [&](const AddedToken& token) { return gone(token.id); });
  std::erase_if(end_of_generation, gone);
  for (std::optional<int32_t>* id : {&bos, &eos, &eot, &eom, &unk, &sep, &pad, &mask}) {
    if (*id && gone(**id)) id->reset();
  }
  tokens.resize(static_cast<size_t>(rows));
  types.resize(static_cast<size_t>(rows), TokenType::kUnused);
  const float lowest = scores.empty() ? 0.0F : *std::min_element(scores.begin(), scores.end());
  if (!scores.empty()) scores.resize(static_cast<size_t>(rows), lowest);
  for (int64_t id = count; id < rows; ++id) tokens[static_cast<size_t>(id)] = fmt::format("[PAD{}]", id);
}

}  // namespace bantam
