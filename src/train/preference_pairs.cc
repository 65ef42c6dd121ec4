#include "train/preference_pairs.h"

#include <fmt/core.h>

#include <limits>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "train/chat_documents.h"
#include "train/load_data.h"

namespace bantam {
namespace {

TokenizedDocument EncodeAnswer(const ChatEncoder& encoder, const Json& pair, const char* key,
                               const std::string& where) {
  const auto prompt = pair.find("prompt");
  if (prompt == pair.end()) Fail(ErrorCode::kFormat, "\"prompt\" is missing", where);
  TokenizedDocument document;
  document.tokens = encoder.Prompt(*prompt, where);
  document.completion.resize(document.tokens.size(), 0);
  const std::vector<int32_t> answer = encoder.Answer(*prompt, Get<std::string>(pair, key, where), where);
  if (answer.empty()) Fail(ErrorCode::kFormat, fmt::format("\"{}\" is empty", key), where);
  document.tokens.insert(document.tokens.end(), answer.begin(), answer.end());
  document.completion.resize(document.tokens.size(), 1);
  return document;
}

void CheckFits(const Recipe& recipe, int64_t chosen, int64_t rejected, const std::string& where) {
  if (std::max(chosen, rejected) > recipe.sequence_length) {
    Fail(ErrorCode::kUsage, fmt::format("an answer with its prompt has {} tokens", std::max(chosen, rejected)), where,
         "raise sequence_length or drop the pair");
  }
  if (chosen + rejected > recipe.micro_batch_tokens) {
    Fail(ErrorCode::kUsage, fmt::format("the pair has {} tokens", chosen + rejected), where,
         "raise micro_batch_tokens or drop the pair");
  }
}

}  // namespace

SegmentSet LoadPreferencePairs(const Recipe& recipe, const Tokenizer& tokenizer) {
  const std::filesystem::path& path = recipe.dpo->pairs;
  const auto file = MappedFile::Open(path);
  const std::vector<JsonLine> lines =
      SplitJsonLines({reinterpret_cast<const char*>(file->bytes().data()), file->bytes().size()});
  const ChatEncoder encoder(tokenizer);
  const auto where = [&](int64_t line) { return fmt::format("{}, line {}", path.string(), lines[line].number); };
  TokenSet tokens(tokenizer.size());
  AppendDocuments(
      2 * static_cast<int64_t>(lines.size()),
      [&](int64_t i) {
        const std::string place = where(i / 2);
        return EncodeAnswer(encoder, ParseJson(lines[i / 2].text, place), i % 2 == 0 ? "chosen" : "rejected", place);
      },
      tokens);
  SegmentSet pairs(path.filename().string(), std::move(tokens), std::numeric_limits<int64_t>::max() / 4, 0.0);
  for (int64_t i = 0; i < pairs.size(); i += 2) CheckFits(recipe, pairs.length(i), pairs.length(i + 1), where(i / 2));
  return pairs;
}

}  // namespace bantam
