#include "text/tokenizer_json_writer.h"

#include <algorithm>

#include "base/file.h"
#include "text/byte_level.h"
#include "text/chat_template.h"

namespace bantam {
namespace {

std::string Printable(const std::string& bytes) {
  std::string text;
  for (const char byte : bytes) text += PrintableByte(static_cast<uint8_t>(byte));
  return text;
}

// Token texts as the vocabulary writes them: special ones as they are.
std::vector<std::string> PrintableTokens(const TrainedBpe& bpe) {
  std::vector<std::string> tokens = bpe.TokenBytes();
  for (size_t id = bpe.special_tokens.size(); id < tokens.size(); ++id) tokens[id] = Printable(tokens[id]);
  return tokens;
}

Json AddedTokenJson(const std::string& text) {
  return {{"content", text}, {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false},  {"special", true}};
}

Json AddedTokensJson(const TrainedBpe& bpe) {
  Json list = Json::array();
  for (size_t id = 0; id < bpe.special_tokens.size(); ++id) {
    Json token = {{"id", id}};
    token.update(AddedTokenJson(bpe.special_tokens[id]));
    list.push_back(std::move(token));
  }
  return list;
}

Json ModelJson(const TrainedBpe& bpe) {
  const std::vector<std::string> tokens = PrintableTokens(bpe);
  Json vocabulary = Json::object(), merges = Json::array();
  auto& members = static_cast<Json::object_t::Container&>(vocabulary.get_ref<Json::object_t&>());
  for (size_t id = 0; id < tokens.size(); ++id) members.emplace_back(tokens[id], id);  // Json's own insert searches
  for (const auto& [left, right] : bpe.merges)
    merges.push_back(tokens[static_cast<size_t>(left)] + " " + tokens[static_cast<size_t>(right)]);
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", nullptr},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", false},
          {"ignore_merges", false},
          {"vocab", std::move(vocabulary)},
          {"merges", std::move(merges)}};
}

// Which special token has which part.
struct Roles {
  explicit Roles(const TrainedBpe& bpe) {
    const auto find = [&](std::string_view text) -> std::optional<std::string> {
      const auto& tokens = bpe.special_tokens;
      return std::find(tokens.begin(), tokens.end(), text) == tokens.end() ? std::nullopt
                                                                           : std::optional<std::string>(text);
    };
    document_end = find(kDocumentEnd);
    eos = find(kTurnEnd);
    if (!eos) eos = document_end;
  }

  // {"bos_token": ..., "eos_token": ..., "pad_token": ...}
  Json Names() const {
    Json names = Json::object();
    if (document_end) names["bos_token"] = *document_end;
    if (eos) names["eos_token"] = *eos;
    if (document_end) names["pad_token"] = *document_end;
    return names;
  }

  std::optional<std::string> document_end, eos;
};

Json TokenizerConfig(const TrainedBpe& bpe, const TokenizerFolderOptions& options) {
  Json added = Json::object();
  for (size_t id = 0; id < bpe.special_tokens.size(); ++id)
    added[std::to_string(id)] = AddedTokenJson(bpe.special_tokens[id]);
  Json config = {{"tokenizer_class", "PreTrainedTokenizerFast"},
                 {"added_tokens_decoder", std::move(added)},
                 {"add_bos_token", false},
                 {"add_eos_token", false},
                 {"add_prefix_space", false},
                 {"clean_up_tokenization_spaces", false},
                 {"model_max_length", options.model_max_length}};
  config.update(Roles(bpe).Names());
  if (options.chat_template) config["chat_template"] = *options.chat_template;
  return config;
}

Json GenerationConfig(const TrainedBpe& bpe) {
  const Roles roles(bpe);
  const auto id = [&](const std::string& text) {
    return std::find(bpe.special_tokens.begin(), bpe.special_tokens.end(), text) - bpe.special_tokens.begin();
  };
  Json config = Json::object(), ends = Json::array();
  if (roles.eos) ends.push_back(id(*roles.eos));
  if (roles.document_end) {
    config["bos_token_id"] = id(*roles.document_end);
    config["pad_token_id"] = id(*roles.document_end);
    if (roles.document_end != roles.eos) ends.push_back(id(*roles.document_end));
  }
  if (!ends.empty()) config["eos_token_id"] = std::move(ends);
  return config;
}

}  // namespace

Json TokenizerJson(const TrainedBpe& bpe) {
  const Json byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", true}};
  return {{"version", "1.0"},          {"truncation", nullptr},
          {"padding", nullptr},        {"added_tokens", AddedTokensJson(bpe)},
          {"normalizer", nullptr},     {"pre_tokenizer", byte_level},
          {"post_processor", nullptr}, {"decoder", byte_level},
          {"model", ModelJson(bpe)}};
}

void WriteTokenizerFolder(const TrainedBpe& bpe, const TokenizerFolderOptions& options,
                          const std::filesystem::path& folder) {
  if (options.chat_template) static_cast<void>(ChatTemplate(*options.chat_template));
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, const Json& json) {
    WriteFileAtomically(folder / name, DumpJson(json) + "\n");
  };
  write("tokenizer.json", TokenizerJson(bpe));
  write("tokenizer_config.json", TokenizerConfig(bpe, options));
  write("special_tokens_map.json", Roles(bpe).Names());
  write("generation_config.json", GenerationConfig(bpe));
}

}  // namespace bantam
