#include "testing/random_tokenizer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"

namespace bantam::testing {
namespace {

constexpr std::array<std::string_view, 4> kSpecial = {"<|begin_of_text|>", "<|end_of_text|>", "<|start|>", "<|end|>"};

// GPT-2's printable stand-ins for bytes: printable Latin-1 stands for itself, the others for U+0100 onwards, in order.
std::vector<std::string> ByteTokens() {
  std::vector<std::string> tokens;
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    std::string token;
    AppendUtf8(token, printable ? byte : next++);
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// A space before a letter, a few whole words, then pairs of letters, frequent ones first.
std::vector<std::pair<std::string, std::string>> Merges(size_t count) {
  constexpr std::string_view kLetters = "etaoinshrdlucmfwypvbgkqjxz";  // by frequency in English
  const std::string space = "\u0120";                                  // the stand-in of the byte 0x20
  std::vector<std::pair<std::string, std::string>> merges;
  for (const char letter : kLetters) merges.emplace_back(space, std::string(1, letter));
  for (const char* pair : {"he", "nd"}) merges.emplace_back(std::string(1, pair[0]), std::string(1, pair[1]));
  merges.emplace_back(space + "t", "he");
  merges.emplace_back(space + "a", "nd");
  for (const char first : kLetters) {
    for (const char second : kLetters) {
      const std::string pair{first, second};
      if (pair != "he" && pair != "nd") merges.emplace_back(pair.substr(0, 1), pair.substr(1));
    }
  }
  merges.resize(std::min(count, merges.size()));
  return merges;
}

Json AddedToken(int64_t id, std::string_view content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

// Llama 3's split of a text into pieces (its tokenizer.json).
constexpr std::string_view kPattern =
    R"re((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)re";

constexpr std::string_view kChatTemplate =
    "{{ bos_token }}{% for message in messages %}<|start|>{{ message['role'] }}\n{{ message['content'] }}<|end|>"
    "{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}";

Json PreTokenizer() {
  const Json split = {
      {"type", "Split"}, {"pattern", {{"Regex", kPattern}}}, {"behavior", "Isolated"}, {"invert", false}};
  const Json bytes = {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
  return {{"type", "Sequence"}, {"pretokenizers", Json::array({split, bytes})}};
}

// Puts <|begin_of_text|> before a text.
Json PostProcessor(int64_t bos) {
  const Json begin = {{"SpecialToken", {{"id", kSpecial[0]}, {"type_id", 0}}}};
  const Json text = {{"Sequence", {{"id", "A"}, {"type_id", 0}}}};
  const Json second = {{"Sequence", {{"id", "B"}, {"type_id", 1}}}};
  const Json token = {{"id", kSpecial[0]}, {"ids", Json::array({bos})}, {"tokens", Json::array({kSpecial[0]})}};
  return {{"type", "TemplateProcessing"},
          {"single", Json::array({begin, text})},
          {"pair", Json::array({begin, text, second})},
          {"special_tokens", {{kSpecial[0], token}}}};
}

}  // namespace

void WriteRandomTokenizer(const std::filesystem::path& folder, int64_t vocab_size) {
  std::vector<std::string> tokens = ByteTokens();
  const int64_t merge_count = vocab_size - static_cast<int64_t>(tokens.size() + kSpecial.size());
  if (merge_count < 0) Fail(ErrorCode::kUsage, "a vocabulary too small for all bytes");
  Json merges = Json::array();
  for (const auto& [left, right] : Merges(static_cast<size_t>(merge_count))) {
    merges.push_back(left + " " + right);
    tokens.push_back(left + right);
  }
  Json vocabulary = Json::object();
  for (size_t id = 0; id < tokens.size(); ++id) vocabulary[tokens[id]] = id;
  const auto first_special = static_cast<int64_t>(tokens.size());
  Json added = Json::array();
  for (int64_t id = first_special; id < vocab_size; ++id) {
    const auto place = static_cast<size_t>(id - first_special);
    // Llama 3 fills its vocabulary up the same way.
    added.push_back(AddedToken(id, place < kSpecial.size() ? std::string(kSpecial[place])
                                                           : fmt::format("<|reserved_special_token_{}|>", place)));
  }

  Json tokenizer;
  tokenizer["version"] = "1.0";
  tokenizer["truncation"] = nullptr;
  tokenizer["padding"] = nullptr;
  tokenizer["added_tokens"] = added;
  tokenizer["normalizer"] = nullptr;
  tokenizer["pre_tokenizer"] = PreTokenizer();
  tokenizer["post_processor"] = PostProcessor(first_special);
  tokenizer["decoder"] = {
      {"type", "ByteLevel"}, {"add_prefix_space", true}, {"trim_offsets", true}, {"use_regex", true}};
  tokenizer["model"] = {{"type", "BPE"},
                        {"dropout", nullptr},
                        {"unk_token", nullptr},
                        {"continuing_subword_prefix", nullptr},
                        {"end_of_word_suffix", nullptr},
                        {"fuse_unk", false},
                        {"byte_fallback", false},
                        {"ignore_merges", true},
                        {"vocab", vocabulary},
                        {"merges", merges}};
  WriteFileAtomically(folder / "tokenizer.json", DumpJson(tokenizer));
  const Json config = {{"bos_token", kSpecial[0]},
                       {"eos_token", kSpecial[1]},
                       {"chat_template", kChatTemplate},
                       {"model_max_length", 256},
                       {"tokenizer_class", "PreTrainedTokenizerFast"}};
  WriteFileAtomically(folder / "tokenizer_config.json", DumpJson(config));
}

}  // namespace bantam::testing
