// Vocabulary from tokenizer.json (Hugging Face tokenizers) and the files beside it.
#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "base/error.h"
#include "text/hf_pipeline.h"
#include "text/known_tokens.h"
#include "text/token_index.h"
#include "text/token_pieces.h"
#include "text/vocabulary.h"

namespace bantam {
namespace {

constexpr int64_t kHolesPerToken = 4;  // ids may have holes, but not so many that memory goes to them
constexpr int64_t kFreeHoles = 4096;

const Json& PartOf(const Json& tokenizer, const char* name) {
  static const Json nothing;
  const auto found = tokenizer.find(name);
  return found == tokenizer.end() ? nothing : *found;
}

class HfReader {
 public:
  HfReader(const Json& tokenizer, const std::string& where) : tokenizer_(tokenizer), where_(where) {}

  Vocabulary Read() {
    if (!tokenizer_.is_object()) Fail(ErrorCode::kFormat, "a tokenizer.json is an object", where_);
    v_.source = where_;
    v_.rules = TokenizerRules::kHuggingFace;
    CheckModel();
    ReadSteps();
    ReadTokens();
    ReadAddedTokens();
    FillHoles();
    SetTypes();
    ReadMerges();
    ReadTemplate();
    return std::move(v_);
  }

 private:
  [[noreturn]] void Broken(std::string what, const std::string& part) const {
    Fail(ErrorCode::kFormat, std::move(what), where_ + ", " + part);
  }

  void CheckModel() {
    const Json& model = Model();
    if (!model.is_object()) Broken("is not an object", "model");
    const bool has_type = model.contains("type") && !model["type"].is_null();
    const auto type = has_type                   ? Get<std::string>(model, "type", At("model"))
                      : model.contains("merges") ? "BPE"
                                                 : "none";
    if (type != "BPE") {
      Fail(ErrorCode::kUnsupported, fmt::format("tokenizer model \"{}\" is not supported, only BPE is", type),
           At("model"));
    }
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      if (!Get<std::string>(model, key, At("model"), "").empty())
        Fail(ErrorCode::kUnsupported, fmt::format("a BPE with \"{}\" is not supported", key), At("model"));
    }
    if (Get<double>(model, "dropout", At("model"), 0.0) != 0.0)
      Fail(ErrorCode::kUnsupported, "a BPE with dropout gives random tokens and is not supported", At("model"));
    v_.byte_fallback = Get<bool>(model, "byte_fallback", At("model"), false);
    v_.fuse_unk = Get<bool>(model, "fuse_unk", At("model"), false);
    v_.ignore_merges = Get<bool>(model, "ignore_merges", At("model"), false);
  }

  void ReadSteps() {
    v_.normalizer = ParseNormalizer(PartOf(tokenizer_, "normalizer"), At("normalizer"));
    HfPreTokenizer pre = ParsePreTokenizer(PartOf(tokenizer_, "pre_tokenizer"), At("pre_tokenizer"));
    v_.kind = pre.byte_level ? TokenizerKind::kByteLevelBpe : TokenizerKind::kSentencePieceBpe;
    v_.pre_tokenizer = std::move(pre.steps);
    v_.decoder = ParseDecoder(PartOf(tokenizer_, "decoder"), At("decoder"));
    if (v_.decoder.byte_level != pre.byte_level) {
      Fail(ErrorCode::kUnsupported,
           "ByteLevel is not in both the pre-tokenizer and the decoder, which is not supported", where_);
    }
    v_.add_space_prefix = AddsSpacePrefix();
  }

  bool AddsSpacePrefix() const {
    for (const NormalizerStep& step : v_.normalizer) {
      const auto* prepend = std::get_if<PrependText>(&step);
      if (prepend != nullptr && prepend->text == "\u2581") return true;
    }
    for (const PreTokenizerStep& step : v_.pre_tokenizer) {
      const auto* metaspace = std::get_if<Metaspace>(&step);
      if (metaspace != nullptr && metaspace->prepend != Metaspace::Prepend::kNever) return true;
    }
    return false;
  }

  int32_t CheckedId(const Json& value, const std::string& text, const std::string& part) const {
    if (!value.is_number_integer()) Broken(fmt::format("the id of \"{}\" is not an integer", text), part);
    const int64_t id =
        value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX ? INT64_MAX : value.get<int64_t>();
    if (id < 0 || id >= id_limit_)
      Broken(fmt::format("the id of \"{}\" is {}, which is impossible for {} tokens", text, id, listed_), part);
    return static_cast<int32_t>(id);
  }

  void Place(int32_t id, const std::string& text, const std::string& part) {
    const auto i = static_cast<size_t>(id);
    if (i >= v_.tokens.size()) v_.tokens.resize(i + 1);
    if (i >= placed_.size()) placed_.resize(i + 1);
    if (placed_[i] && v_.tokens[i] != text)
      Broken(fmt::format("\"{}\" and \"{}\" both have id {}", v_.tokens[i], text, id), part);
    placed_[i] = true;
    v_.tokens[i] = text;
  }

  void ReadTokens() {
    const Json& vocabulary = PartOf(Model(), "vocab");
    if (!vocabulary.is_object()) Broken("\"vocab\" is not an object", "model");
    const Json& added = PartOf(tokenizer_, "added_tokens");
    if (!added.is_array() && !added.is_null()) Broken("is not a list", "added_tokens");
    listed_ = static_cast<int64_t>(vocabulary.size() + added.size());
    id_limit_ = std::min<int64_t>(INT32_MAX, listed_ * kHolesPerToken + kFreeHoles);
    for (const auto& [text, id] : vocabulary.items()) Place(CheckedId(id, text, "model.vocab"), text, "model.vocab");
  }

  void ReadAddedTokens() {
    for (const Json& entry : PartOf(tokenizer_, "added_tokens")) {
      AddedToken token;
      const std::string where = At("added_tokens");
      token.text = Get<std::string>(entry, "content", where);
      token.id = CheckedId(PartOf(entry, "id"), token.text, "added_tokens");
      token.special = Get<bool>(entry, "special", where, false);
      token.lstrip = Get<bool>(entry, "lstrip", where, false);
      token.rstrip = Get<bool>(entry, "rstrip", where, false);
      token.single_word = Get<bool>(entry, "single_word", where, false);
      token.normalized = Get<bool>(entry, "normalized", where, !token.special);
      if (token.text.empty()) Broken(fmt::format("the token with id {} is empty", token.id), "added_tokens");
      Place(token.id, token.text, "added_tokens");
      v_.added.push_back(std::move(token));
    }
  }

  // Ids without token, and empty tokens, get a name that no text matches by accident.
  void FillHoles() {
    v_.types.assign(v_.tokens.size(), TokenType::kNormal);
    for (size_t i = 0; i < v_.tokens.size(); ++i) {
      if (!v_.tokens[i].empty()) continue;
      v_.tokens[i] = fmt::format("[{}{}]", placed_[i] ? "EMPTY_" : "PAD", i);
      v_.types[i] = TokenType::kUnused;
    }
    index_.emplace(v_.tokens.size());
    for (size_t i = 0; i < v_.tokens.size(); ++i) {
      const int32_t other = index_->Insert(v_.tokens[i], static_cast<int32_t>(i));
      if (other >= 0) Broken(fmt::format("tokens {} and {} are both \"{}\"", other, i, v_.tokens[i]), "added_tokens");
    }
  }

  int32_t IdOf(const std::string& text, const std::string& part) const {
    const int32_t id = index_->Find(text);
    if (id < 0) Broken(fmt::format("\"{}\" is not in the vocabulary", text), part);
    return id;
  }

  void SetTypes() {
    if (v_.byte_fallback) {
      for (size_t i = 0; i < v_.tokens.size(); ++i) {
        if (ByteOfToken(v_.tokens[i]) >= 0) v_.types[i] = TokenType::kByte;
      }
    }
    for (const AddedToken& token : v_.added)
      v_.types[static_cast<size_t>(token.id)] = token.special ? TokenType::kControl : TokenType::kUserDefined;
    const auto unknown = Get<std::string>(Model(), "unk_token", At("model"), "");
    if (unknown.empty()) return;
    v_.unk = IdOf(unknown, "model.unk_token");
    v_.types[static_cast<size_t>(*v_.unk)] = TokenType::kUnknown;
  }

  // "left right" or ["left", "right"], by rank.
  void ReadMerges() {
    const Json& merges = PartOf(Model(), "merges");
    if (!merges.is_array()) Broken("\"merges\" is not a list", "model");
    v_.merges.reserve(merges.size());
    std::string left, right;
    for (size_t rank = 0; rank < merges.size(); ++rank) {
      const Json& entry = merges[rank];
      if (entry.is_string()) {
        const auto& text = entry.get_ref<const std::string&>();
        const size_t space = text.find(' ');
        if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
          Broken(fmt::format("merge {}, \"{}\", is not two texts", rank, text), "model.merges");
        left = text.substr(0, space);
        right = text.substr(space + 1);
      } else if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
        left = entry[0].get_ref<const std::string&>();
        right = entry[1].get_ref<const std::string&>();
      } else {
        Broken(fmt::format("merge {} is not two texts", rank), "model.merges");
      }
      const std::string part = fmt::format("model.merges[{}]", rank);
      v_.merges.push_back({IdOf(left, part), IdOf(right, part), IdOf(left + right, part)});
    }
  }

  void ReadTemplate() {
    const HfTemplate texts = ParsePostProcessor(PartOf(tokenizer_, "post_processor"), At("post_processor"));
    for (const std::string& text : texts.before) v_.template_before.push_back(IdOf(text, "post_processor"));
    for (const std::string& text : texts.after) v_.template_after.push_back(IdOf(text, "post_processor"));
    v_.add_bos = !v_.template_before.empty();
    v_.add_eos = !v_.template_after.empty();
    if (v_.template_before.size() == 1) v_.bos = v_.template_before[0];
    if (v_.template_after.size() == 1) v_.eos = v_.template_after[0];
  }

  const Json& Model() const { return PartOf(tokenizer_, "model"); }
  std::string At(const char* part) const { return where_ + ", " + part; }

  const Json& tokenizer_;
  const std::string& where_;
  Vocabulary v_;
  std::vector<bool> placed_;  // ids that have a token
  int64_t listed_ = 0, id_limit_ = 0;
  std::optional<TokenIndex> index_;
};

// A token of tokenizer_config.json or special_tokens_map.json: "text" or {"content": "text"}; empty when not set.
std::string TokenText(const std::optional<Json>& config, const char* key, const std::string& where) {
  if (!config || !config->contains(key)) return {};
  const Json& value = (*config)[key];
  return value.is_object() ? Get<std::string>(value, "content", where, "") : Get<std::string>(*config, key, where, "");
}

// config.json and generation_config.json give an id or a list of ids.
std::vector<int32_t> IdsOf(const Json& config, const char* key, const std::string& where) {
  const Json& value = PartOf(config, key);
  std::vector<int32_t> ids;
  const auto add = [&](const Json& id) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() > INT32_MAX)
      Fail(ErrorCode::kFormat, fmt::format("\"{}\" holds something that is no token id", key), where);
    ids.push_back(id.get<int32_t>());
  };
  if (value.is_array()) {
    for (const Json& id : value) add(id);
  } else if (!value.is_null()) {
    add(value);
  }
  return ids;
}

// Which tokens are bos, eos, ... : tokenizer_config.json, then special_tokens_map.json, then config.json. The unknown token
// is the model's own: the one of those files may serve other ends (GPT-2's is its end of text).
void ReadNamedTokens(const HfFolder& folder, Vocabulary& v) {
  TokenIndex index(v.tokens.size());
  for (size_t i = 0; i < v.tokens.size(); ++i) index.Insert(v.tokens[i], static_cast<int32_t>(i));
  const Json& config = folder.config.contains("text_config") ? folder.config["text_config"] : folder.config;
  const std::pair<const char*, std::optional<int32_t>*> named[] = {{"bos_token", &v.bos},
                                                                   {"eos_token", &v.eos},
                                                                   {"sep_token", &v.sep},
                                                                   {"pad_token", &v.pad},
                                                                   {"mask_token", &v.mask}};
  for (const auto& [key, id] : named) {
    std::string text = TokenText(folder.tokenizer_config, key, (folder.path / "tokenizer_config.json").string());
    if (text.empty())
      text = TokenText(folder.special_tokens_map, key, (folder.path / "special_tokens_map.json").string());
    if (const int32_t found = text.empty() ? -1 : index.Find(text); found >= 0) {
      *id = found;
    } else if (!*id && config.is_object()) {
      const auto ids = IdsOf(config, (std::string(key) + "_id").c_str(), (folder.path / "config.json").string());
      if (!ids.empty() && static_cast<size_t>(ids[0]) < v.tokens.size()) *id = ids[0];
    }
  }
}

void ReadEndOfGeneration(const HfFolder& folder, Vocabulary& v) {
  const auto add = [&](const Json& config, const char* file) {
    if (!config.is_object()) return;
    for (const int32_t id : IdsOf(config, "eos_token_id", (folder.path / file).string())) {
      if (static_cast<size_t>(id) < v.tokens.size()) v.end_of_generation.push_back(id);
    }
  };
  add(folder.config, "config.json");
  if (folder.generation_config) add(*folder.generation_config, "generation_config.json");
}

}  // namespace

Vocabulary Vocabulary::FromTokenizerJson(const Json& tokenizer, const std::string& where) {
  Vocabulary vocabulary = HfReader(tokenizer, where).Read();
  FindEndTokens(vocabulary);
  vocabulary.Check();
  return vocabulary;
}

Vocabulary Vocabulary::FromHf(const HfFolder& folder) {
  if (!folder.tokenizer) Fail(ErrorCode::kIo, "has no tokenizer.json", folder.path.string());
  Vocabulary vocabulary = HfReader(*folder.tokenizer, (folder.path / "tokenizer.json").string()).Read();
  ReadNamedTokens(folder, vocabulary);
  ReadEndOfGeneration(folder, vocabulary);
  FindEndTokens(vocabulary);
  vocabulary.chat_template = folder.chat_template;
  // transformers cleans up unless the file says no; without the file it is tokenizers alone, which never does.
  if (folder.tokenizer_config) {
    vocabulary.clean_up_spaces = Get<bool>(*folder.tokenizer_config, "clean_up_tokenization_spaces",
                                           (folder.path / "tokenizer_config.json").string(), true);
  }
  vocabulary.Check();
  return vocabulary;
}

}  // namespace bantam
