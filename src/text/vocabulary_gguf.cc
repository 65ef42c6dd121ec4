// Vocabulary from GGUF metadata (tokenizer.ggml.*), with the defaults that llama.cpp has for what a file leaves out.
#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "text/gguf_pretokenizers.h"
#include "text/known_tokens.h"
#include "text/token_index.h"
#include "text/vocabulary.h"

namespace bantam {
namespace {

class GgufReader {
 public:
  explicit GgufReader(const GgufMetadata& metadata) : metadata_(metadata) {}

  Vocabulary Read() {
    v_.source = metadata_.where();
    v_.rules = TokenizerRules::kLlamaCpp;
    ReadModel();
    ReadTokens();
    if (v_.kind == TokenizerKind::kByteLevelBpe) {
      ReadMerges();
    } else {
      ReadScores();
    }
    ReadNamedTokens();
    ApplyKnownTokens(metadata_, v_);
    CollectAdded();
    if (metadata_.Find("tokenizer.chat_template") != nullptr)
      v_.chat_template = metadata_.GetString("tokenizer.chat_template");
    return std::move(v_);
  }

 private:
  [[noreturn]] void Broken(std::string what, std::string_view key) const {
    Fail(ErrorCode::kFormat, std::move(what), fmt::format("{}, key '{}'", metadata_.where(), key));
  }

  void ReadModel() {
    const std::string model = metadata_.GetString("tokenizer.ggml.model");
    if (model == "gpt2") {
      v_.kind = TokenizerKind::kByteLevelBpe;
      v_.pre = metadata_.GetString("tokenizer.ggml.pre", "default");
      const GgufPreTokenizer* pre = FindGgufPreTokenizer(v_.pre);
      if (pre == nullptr) {
        Fail(ErrorCode::kUnsupported, fmt::format("pre-tokenizer \"{}\" is not supported", v_.pre),
             fmt::format("{}, key 'tokenizer.ggml.pre'", metadata_.where()));
      }
      v_.pre_tokenizer = StepsOf(*pre);
      v_.ignore_merges = pre->ignore_merges;
      v_.add_bos = pre->add_bos;
      v_.clean_up_spaces = pre->clean_up_spaces;
      v_.add_space_prefix = false;
      v_.decoder.byte_level = true;
    } else if (model == "llama") {
      v_.kind = TokenizerKind::kSentencePieceBpe;
      v_.pre = metadata_.GetString("tokenizer.ggml.pre", "default");
      v_.add_bos = true;
      v_.byte_fallback = true;
      v_.add_space_prefix = metadata_.GetBool("tokenizer.ggml.add_space_prefix", true);
      v_.decoder.byte_fallback = true;
      v_.decoder.replace = {{"\u2581", " "}};
      if (v_.add_space_prefix) {
        v_.decoder.strip = DecoderSteps::Strip::kFirstToken;
        v_.decoder.strip_count = 1;
      }
    } else {
      Fail(ErrorCode::kUnsupported,
           fmt::format("tokenizer model \"{}\" is not supported, only \"gpt2\" and \"llama\" are", model),
           fmt::format("{}, key 'tokenizer.ggml.model'", metadata_.where()));
    }
    v_.remove_extra_whitespaces = metadata_.GetBool("tokenizer.ggml.remove_extra_whitespaces", false);
  }

  void ReadTokens() {
    v_.tokens = metadata_.GetStrings("tokenizer.ggml.tokens");
    if (v_.tokens.empty()) Broken("is missing or empty", "tokenizer.ggml.tokens");
    for (size_t i = 0; i < v_.tokens.size(); ++i) {
      if (v_.tokens[i].empty()) v_.tokens[i] = fmt::format("[EMPTY_{}]", i);
    }
    v_.types.assign(v_.tokens.size(), TokenType::kNormal);
    const std::vector<int64_t> types = metadata_.GetInts("tokenizer.ggml.token_type");
    if (types.empty()) return;
    if (types.size() < v_.tokens.size())
      Broken(fmt::format("{} types for {} tokens", types.size(), v_.tokens.size()), "tokenizer.ggml.token_type");
    for (size_t i = 0; i < v_.tokens.size(); ++i) {
      const bool known = types[i] >= 1 && types[i] <= 6;
      v_.types[i] = known ? static_cast<TokenType>(types[i]) : TokenType::kUnused;
    }
  }

  void ReadScores() {
    v_.scores = metadata_.GetFloats("tokenizer.ggml.scores");
    if (v_.scores.empty()) v_.scores.assign(v_.tokens.size(), 0.0F);
    if (v_.scores.size() < v_.tokens.size())
      Broken(fmt::format("{} scores for {} tokens", v_.scores.size(), v_.tokens.size()), "tokenizer.ggml.scores");
    v_.scores.resize(v_.tokens.size());
  }

  // "left right", by rank. The space that parts them is never the first character.
  void ReadMerges() {
    constexpr std::string_view kKey = "tokenizer.ggml.merges";
    TokenIndex index(v_.tokens.size());
    for (size_t i = 0; i < v_.tokens.size(); ++i) index.Insert(v_.tokens[i], static_cast<int32_t>(i));
    const std::vector<std::string>& merges = metadata_.GetStrings(kKey);
    if (metadata_.Find(kKey) == nullptr) Broken("is missing", kKey);
    v_.merges.reserve(merges.size());
    for (size_t rank = 0; rank < merges.size(); ++rank) {
      const std::string& text = merges[rank];
      const size_t space = text.find(' ', 1);
      if (space == std::string::npos || space + 1 == text.size())
        Broken(fmt::format("merge {}, \"{}\", is not two texts", rank, text), kKey);
      const std::string left = text.substr(0, space), right = text.substr(space + 1);
      const auto id = [&](const std::string& part) {
        const int32_t found = index.Find(part);
        if (found < 0) Broken(fmt::format("merge {}, \"{}\": \"{}\" is not in the vocabulary", rank, text, part), kKey);
        return found;
      };
      v_.merges.push_back({id(left), id(right), id(left + right)});
    }
  }

  // The id under `key`, else `otherwise` where the vocabulary has that many tokens. -1, as a signed or an unsigned number,
  // stands for none in some files.
  std::optional<int32_t> Id(std::string_view key, std::optional<int32_t> otherwise) const {
    const auto count = static_cast<int64_t>(v_.tokens.size());
    const GgufValue* value = metadata_.Find(key);
    if (value == nullptr) return otherwise && *otherwise < count ? otherwise : std::nullopt;
    if (const auto* negative = std::get_if<int64_t>(&value->value); negative != nullptr && *negative == -1) return {};
    const uint64_t id = metadata_.GetUint(key);
    if (id == UINT32_MAX) return {};
    if (id >= static_cast<uint64_t>(count)) Broken(fmt::format("is {}, the vocabulary has {} tokens", id, count), key);
    return static_cast<int32_t>(id);
  }

  void ReadNamedTokens() {
    const bool llama = v_.kind == TokenizerKind::kSentencePieceBpe;
    const bool glm = v_.pre == "glm4" || v_.pre == "chatglm-bpe";  // has no default bos
    const auto default_bos = llama ? std::optional(1) : glm ? std::nullopt : std::optional(11);
    v_.bos = Id("tokenizer.ggml.bos_token_id", default_bos);
    v_.eos = Id("tokenizer.ggml.eos_token_id", llama ? 2 : 11);
    v_.eot = Id("tokenizer.ggml.eot_token_id", {});
    v_.eom = Id("tokenizer.ggml.eom_token_id", {});
    v_.unk = Id("tokenizer.ggml.unknown_token_id", llama ? std::optional(0) : std::nullopt);
    v_.sep = Id("tokenizer.ggml.seperator_token_id", {});  // so spelled
    v_.pad = Id("tokenizer.ggml.padding_token_id", {});
    v_.mask = Id("tokenizer.ggml.mask_token_id", {});
    v_.add_bos = metadata_.GetBool("tokenizer.ggml.add_bos_token", v_.add_bos);
    v_.add_eos = metadata_.GetBool("tokenizer.ggml.add_eos_token", v_.add_eos);
    v_.add_sep = metadata_.GetBool("tokenizer.ggml.add_sep_token", v_.add_sep);
    if (v_.add_bos && !v_.bos) Broken("is true, but there is no bos token", "tokenizer.ggml.add_bos_token");
    if (v_.add_eos && !v_.eos) Broken("is true, but there is no eos token", "tokenizer.ggml.add_eos_token");
    if (v_.add_bos) v_.template_before = {*v_.bos};
    if (v_.add_eos) v_.template_after = {*v_.eos};
  }

  // Types say which tokens are found in the text. Phi-3 alone has more rules, which llama.cpp knows by the model's name.
  void CollectAdded() {
    std::string name = metadata_.GetString("general.name", "");
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const bool phi3 = name.find("phi-3") != std::string::npos || name.find("phi3") != std::string::npos;
    for (size_t i = 0; i < v_.tokens.size(); ++i) {
      const TokenType type = v_.types[i];
      const bool user = type == TokenType::kUserDefined;
      if (!user && type != TokenType::kControl && type != TokenType::kUnknown) continue;
      AddedToken token{.id = static_cast<int32_t>(i), .text = v_.tokens[i], .special = !user};
      token.rstrip = phi3 && token.text != "<unk>" && token.text != "<s>" && token.text != "<|endoftext|>";
      v_.added.push_back(std::move(token));
    }
  }

  const GgufMetadata& metadata_;
  Vocabulary v_;
};

}  // namespace

Vocabulary Vocabulary::FromGguf(const GgufMetadata& metadata) {
  Vocabulary vocabulary = GgufReader(metadata).Read();
  vocabulary.Check();
  return vocabulary;
}

}  // namespace bantam
