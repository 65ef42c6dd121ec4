#include "text/known_tokens.h"

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "text/token_index.h"

namespace bantam {
namespace {

using Texts = std::span<const std::string_view>;

constexpr std::array<std::string_view, 11> kEndOfTurn = {
    "<|eot_id|>", "<|im_end|>", "<|end|>", "<end_of_turn>",         "<|endoftext|>",     "<|end_of_text|>",
    "<EOT>",      "_<EOT>",     "[EOT]",   "<｜end▁of▁sentence｜>", "<end_of_utterance>"};
constexpr std::array<std::string_view, 1> kEndOfMessage = {"<|eom_id|>"};

// Whatever their type in the file, these end an answer.
constexpr std::array<std::string_view, 23> kEnds = {"<|eot_id|>",
                                                    "<|im_end|>",
                                                    "<|end|>",
                                                    "<|return|>",
                                                    "<|call|>",
                                                    "<|flush|>",
                                                    "<|calls|>",
                                                    "<end_of_turn>",
                                                    "<|endoftext|>",
                                                    "</s>",
                                                    "<|eom_id|>",
                                                    "<EOT>",
                                                    "_<EOT>",
                                                    "[EOT]",
                                                    "[EOS]",
                                                    "<|end_of_text|>",
                                                    "<end_of_utterance>",
                                                    "<eos>",
                                                    "<turn|>",
                                                    "<|tool_response>",
                                                    "<｜end▁of▁sentence｜>",
                                                    "[e~["};

constexpr std::array<std::string_view, 8> kFimPrefix = {"<|fim_prefix|>",  "<fim-prefix>", "<fim_prefix>",
                                                        "<｜fim▁begin｜>", "<PRE>",        "▁<PRE>",
                                                        "<|code_prefix|>", "<|prefix|>"};
constexpr std::array<std::string_view, 8> kFimSuffix = {"<|fim_suffix|>",  "<fim-suffix>", "<fim_suffix>",
                                                        "<｜fim▁hole｜>",  "<SUF>",        "▁<SUF>",
                                                        "<|code_suffix|>", "<|suffix|>"};
constexpr std::array<std::string_view, 8> kFimMiddle = {"<|fim_middle|>",  "<fim-middle>", "<fim_middle>",
                                                        "<｜fim▁end｜>",   "<MID>",        "▁<MID>",
                                                        "<|code_middle|>", "<|middle|>"};
constexpr std::array<std::string_view, 5> kFimPad = {"<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"};
constexpr std::array<std::string_view, 5> kFimRepository = {"<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>",
                                                            "<reponame>"};
constexpr std::array<std::string_view, 1> kFimSeparator = {"<|file_sep|>"};

// Fill-in-the-middle tokens: the keys that may name them, newest first, and whether they end an answer too.
struct FimKind {
  std::array<std::string_view, 2> keys;
  Texts texts;
  bool ends;
};
constexpr std::array<FimKind, 6> kFimKinds = {{
    {{"tokenizer.ggml.prefix_token_id", "tokenizer.ggml.fim_pre_token_id"}, kFimPrefix, false},
    {{"tokenizer.ggml.suffix_token_id", "tokenizer.ggml.fim_suf_token_id"}, kFimSuffix, false},
    {{"tokenizer.ggml.middle_token_id", "tokenizer.ggml.fim_mid_token_id"}, kFimMiddle, false},
    {{"tokenizer.ggml.fim_pad_token_id", ""}, kFimPad, true},
    {{"tokenizer.ggml.fim_rep_token_id", ""}, kFimRepository, true},
    {{"tokenizer.ggml.fim_sep_token_id", ""}, kFimSeparator, true},
}};

// Shown as text, although files call them control tokens (gpt-oss).
constexpr std::array<std::string_view, 4> kAlwaysShown = {"<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"};

class KnownTokens {
 public:
  KnownTokens(const GgufMetadata& metadata, Vocabulary& vocabulary)
      : metadata_(metadata), v_(vocabulary), index_(vocabulary.tokens.size()) {
    for (size_t i = 0; i < v_.tokens.size(); ++i) index_.Insert(v_.tokens[i], static_cast<int32_t>(i));
  }

  void Apply() {
    if (!v_.eot) v_.eot = TakeControl(kEndOfTurn);
    if (!v_.eom) v_.eom = TakeControl(kEndOfMessage);
    for (const FimKind& kind : kFimKinds) {
      const auto id = FimToken(kind);
      if (id && kind.ends) ends_.insert(*id);
    }
    for (const std::string_view text : kEnds) {
      if (const auto id = TakeControl({&text, 1})) ends_.insert(*id);
    }
    for (const std::string_view text : kAlwaysShown) SetType(text, TokenType::kUserDefined);
    for (const auto& id : {v_.eos, v_.eot, v_.eom}) {
      if (id) ends_.insert(*id);
    }
    // Where these are there, "<|end|>" only ends a part of the answer, and "</s>" is not the model's own.
    if ((Ends("<|return|>") && Calls()) || (Calls() && Ends("<|flush|>"))) Release("<|end|>", TokenType::kUserDefined);
    if (Ends("<|tool_response>")) Release("</s>", TokenType::kNormal);
    v_.end_of_generation.assign(ends_.begin(), ends_.end());
  }

 private:
  std::optional<int32_t> Find(std::string_view text) const {
    const int32_t id = index_.Find(text);
    return id < 0 ? std::nullopt : std::optional(id);
  }

  void SetType(std::string_view text, TokenType type) {
    if (const auto id = Find(text)) v_.types[static_cast<size_t>(*id)] = type;
  }

  // The first of `texts` that is a token, which becomes a control token.
  std::optional<int32_t> TakeControl(Texts texts) {
    for (const std::string_view text : texts) {
      const auto id = Find(text);
      if (!id) continue;
      v_.types[static_cast<size_t>(*id)] = TokenType::kControl;
      return id;
    }
    return std::nullopt;
  }

  std::optional<int32_t> FimToken(const FimKind& kind) {
    for (const std::string_view key : kind.keys) {
      if (key.empty() || metadata_.Find(key) == nullptr) continue;
      const uint64_t id = metadata_.GetUint(key);
      if (id < v_.tokens.size()) return static_cast<int32_t>(id);
    }
    return TakeControl(kind.texts);
  }

  bool Ends(std::string_view text) const {
    const auto id = Find(text);
    return id && ends_.contains(*id);
  }
  bool Calls() const { return Ends("<|call|>") || Ends("<|calls|>"); }

  void Release(std::string_view text, TokenType type) {
    if (!Ends(text)) return;
    ends_.erase(*Find(text));
    SetType(text, type);
  }

  const GgufMetadata& metadata_;
  Vocabulary& v_;
  TokenIndex index_;
  std::set<int32_t> ends_;
};

}  // namespace

void ApplyKnownTokens(const GgufMetadata& metadata, Vocabulary& vocabulary) {
  KnownTokens(metadata, vocabulary).Apply();
}

void FindEndTokens(Vocabulary& vocabulary) {
  const auto find = [&](Texts texts) -> std::optional<int32_t> {
    for (const std::string_view text : texts) {
      for (const AddedToken& token : vocabulary.added) {
        if (token.special && token.text == text) return token.id;
      }
    }
    return std::nullopt;
  };
  if (!vocabulary.eot) vocabulary.eot = find(kEndOfTurn);
  if (!vocabulary.eom) vocabulary.eom = find(kEndOfMessage);
  auto& ends = vocabulary.end_of_generation;
  for (const auto& id : {vocabulary.eos, vocabulary.eot, vocabulary.eom}) {
    if (id) ends.push_back(*id);
  }
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
}

}  // namespace bantam
