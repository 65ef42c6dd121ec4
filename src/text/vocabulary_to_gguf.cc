// Vocabulary to GGUF metadata.
//
// llama.cpp merges a SentencePiece vocabulary by score: of all neighbours whose joined text is a token, those with the
// highest score of that token go first. A tokenizer.json has ranked pairs instead, several of which may give one token. Here
//
//   score(token) = -(lowest rank of the merges that give it),  and  -(number of merges)  for tokens that no merge gives,
//
// which restores the order of the scores that the list was made from. Ranks are below 2^24, so a float holds them exactly.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "text/gguf_pretokenizers.h"
#include "text/normalizer.h"
#include "text/vocabulary.h"

namespace bantam {
namespace {

constexpr int64_t kMostRanks = 1 << 24;  // integers that a float holds exactly

class GgufTokens {
 public:
  GgufTokens(const Vocabulary& vocabulary, GgufMetadata& metadata) : v_(vocabulary), metadata_(metadata) {}

  void Write() {
    const bool byte_level = v_.kind == TokenizerKind::kByteLevelBpe;
    const std::string pre = byte_level ? ByteLevelPre() : SentencePiecePre();
    CheckTemplate();
    Set("model", GgufValue::String(byte_level ? "gpt2" : "llama"));
    Set("pre", GgufValue::String(pre));
    WriteTokens();
    if (byte_level) {
      WriteMerges();
    } else {
      Set("scores", GgufValue::F32s(v_.scores.empty() ? ScoresFromRanks() : v_.scores));
      Set("add_space_prefix", GgufValue::Bool(v_.add_space_prefix));
    }
    WriteNamedTokens();
    if (v_.remove_extra_whitespaces) Set("remove_extra_whitespaces", GgufValue::Bool(true));
    if (v_.chat_template) metadata_.Set("tokenizer.chat_template", GgufValue::String(*v_.chat_template));
  }

 private:
  void Set(std::string_view key, GgufValue value) {
    metadata_.Set(fmt::format("tokenizer.ggml.{}", key), std::move(value));
  }

  [[noreturn]] void NoWayToSay(const std::string& what) const {
    Fail(ErrorCode::kUnsupported, "GGUF cannot say what this tokenizer does: " + what, v_.source);
  }

  std::string ByteLevelPre() const {
    if (!v_.pre.empty()) return v_.pre;
    for (const NormalizerStep& step : v_.normalizer) {
      // llama.cpp composes nothing, so that text which is not in form C gets other tokens there (docs/tokenizers.md).
      const auto* unicode = std::get_if<NormalizeUnicode>(&step);
      if (unicode == nullptr || unicode->form != UnicodeForm::kNfc) NoWayToSay("a normalizer other than NFC");
    }
    const auto pre = RecognizePreTokenizer(v_);
    if (pre) return std::string(*pre);
    std::string steps;
    for (const PreTokenizerStep& step : v_.pre_tokenizer) {
      const auto* split = std::get_if<SplitText>(&step);
      if (!steps.empty()) steps += ", then ";
      steps += split == nullptr ? "a prefixed space" : fmt::format("\"{}\"", split->pattern.text);
    }
    NoWayToSay(fmt::format("pre-tokenizer {}{}", steps.empty() ? "none" : steps,
                           v_.ignore_merges ? ", with ignore_merges" : ""));
  }

  // Spaces must become "▁", in one piece of text, with or without one more in front.
  std::string SentencePiecePre() const {
    if (v_.rules == TokenizerRules::kLlamaCpp) return v_.pre;
    bool escapes = false;
    for (const NormalizerStep& step : v_.normalizer) {
      const auto* replace = std::get_if<ReplaceText>(&step);
      const auto* prepend = std::get_if<PrependText>(&step);
      if (replace != nullptr && replace->pattern == TextPattern{" ", false} && replace->content == "\u2581") {
        escapes = true;
      } else if (prepend == nullptr || prepend->text != "\u2581") {
        NoWayToSay("a normalizer other than putting \"\u2581\" for spaces");
      }
    }
    for (const PreTokenizerStep& step : v_.pre_tokenizer) {
      const auto* metaspace = std::get_if<Metaspace>(&step);
      const auto* split = std::get_if<SplitText>(&step);
      if (metaspace != nullptr && metaspace->replacement == "\u2581") {
        escapes = true;
      } else if (split == nullptr || split->pattern != TextPattern{" ", false} || !escapes) {
        NoWayToSay("a pre-tokenizer other than Metaspace");  // a split at spaces that are gone does nothing
      }
    }
    if (!escapes) NoWayToSay("spaces do not become \"\u2581\"");
    if (v_.ignore_merges) NoWayToSay("ignore_merges without ByteLevel");
    if (!v_.byte_fallback) NoWayToSay("a BPE with neither ByteLevel nor byte fallback");
    return "default";
  }

  void CheckTemplate() const {
    const auto is = [](const std::vector<int32_t>& ids, const std::optional<int32_t>& id) {
      return ids.empty() || (ids.size() == 1 && id && ids[0] == *id);
    };
    if (!is(v_.template_before, v_.bos)) NoWayToSay("the tokens before the text are not the bos token");
    if (!is(v_.template_after, v_.eos)) NoWayToSay("the tokens after the text are not the eos token");
  }

  void WriteTokens() {
    std::vector<std::string> tokens = v_.tokens;
    std::vector<int32_t> types;
    for (size_t i = 0; i < tokens.size(); ++i) {
      // llama.cpp looks for these in the text as it is, before spaces become "▁".
      const bool raw = v_.kind == TokenizerKind::kSentencePieceBpe && v_.types[i] == TokenType::kUserDefined;
      if (raw) tokens[i] = ReplaceAll(tokens[i], "\u2581", " ");
      types.push_back(static_cast<int32_t>(v_.types[i]));
    }
    Set("tokens", GgufValue::Strings(std::move(tokens)));
    Set("token_type", GgufValue::I32s(types));
  }

  void WriteMerges() {
    std::vector<std::string> merges;
    merges.reserve(v_.merges.size());
    for (const Merge& merge : v_.merges)
      merges.push_back(v_.tokens[static_cast<size_t>(merge.left)] + " " + v_.tokens[static_cast<size_t>(merge.right)]);
    Set("merges", GgufValue::Strings(std::move(merges)));
  }

  std::vector<float> ScoresFromRanks() const {
    const auto count = static_cast<int64_t>(v_.merges.size());
    if (count > kMostRanks) NoWayToSay(fmt::format("{} merges", count));
    std::vector<float> scores(v_.tokens.size(), -static_cast<float>(count));
    for (int64_t rank = count - 1; rank >= 0; --rank) {
      const auto result = static_cast<size_t>(v_.merges[static_cast<size_t>(rank)].result);
      scores[result] = -static_cast<float>(rank);
    }
    return scores;
  }

  void WriteNamedTokens() {
    const std::pair<std::string_view, std::optional<int32_t>> named[] = {
        {"bos_token_id", v_.bos},     {"eos_token_id", v_.eos},     {"eot_token_id", v_.eot},
        {"eom_token_id", v_.eom},     {"unknown_token_id", v_.unk}, {"seperator_token_id", v_.sep},  // so spelled
        {"padding_token_id", v_.pad}, {"mask_token_id", v_.mask}};
    for (const auto& [key, id] : named) {
      if (id) Set(key, GgufValue::U32(static_cast<uint32_t>(*id)));
    }
    Set("add_bos_token", GgufValue::Bool(v_.add_bos));
    Set("add_eos_token", GgufValue::Bool(v_.add_eos));
    if (v_.add_sep) Set("add_sep_token", GgufValue::Bool(true));
  }

  const Vocabulary& v_;
  GgufMetadata& metadata_;
};

}  // namespace

void Vocabulary::ToGguf(GgufMetadata& metadata, int64_t vocab_rows) const {
  if (vocab_rows == 0 || vocab_rows == static_cast<int64_t>(tokens.size())) return GgufTokens(*this, metadata).Write();
  Vocabulary resized = *this;
  resized.Resize(vocab_rows);
  GgufTokens(resized, metadata).Write();
}

}  // namespace bantam
