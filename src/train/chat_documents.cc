#include "train/chat_documents.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"
#include "train/text_documents.h"

namespace bantam {
namespace {

// Templates may print the date; the same file must give the same tokens every day.
constexpr int64_t kNow = 0;

void CheckMessages(const Json& messages, const std::string& where) {
  if (!messages.is_array() || messages.empty()) {
    Fail(ErrorCode::kFormat, "\"messages\" is no list of messages", where);
  }
  for (const Json& message : messages) {
    const bool whole = message.is_object() && message.contains("role") && message["role"].is_string() &&
                       message.contains("content") && message["content"].is_string();
    if (!whole) Fail(ErrorCode::kFormat, "a message needs the strings \"role\" and \"content\"", where);
  }
}

Json FirstMessages(const Json& messages, size_t count) {
  Json first = Json::array();
  for (size_t i = 0; i < count; ++i) first.push_back(messages[i]);
  return first;
}

}  // namespace

ChatEncoder::ChatEncoder(const Tokenizer& tokenizer)
    : tokenizer_(tokenizer), end_(DocumentEnd(tokenizer.vocabulary())) {
  if (tokenizer.vocabulary().chat_template) template_.emplace(*tokenizer.vocabulary().chat_template);
}

std::string ChatEncoder::Render(const Json& messages, bool add_generation_prompt) const {
  const Vocabulary& vocabulary = tokenizer_.vocabulary();
  if (!template_) Fail(ErrorCode::kUnsupported, "the tokenizer has no chat template", vocabulary.source);
  const auto text_of = [&](const std::optional<int32_t>& id) {
    return id ? vocabulary.tokens.at(static_cast<size_t>(*id)) : std::string();
  };
  return template_->Render({{"messages", messages},
                            {"add_generation_prompt", add_generation_prompt},
                            {"bos_token", text_of(vocabulary.bos)},
                            {"eos_token", text_of(vocabulary.eos)}},
                           kNow);
}

void ChatEncoder::AppendPrompt(std::string_view text, TokenizedDocument& document) const {
  std::vector<int32_t> ids = tokenizer_.Encode(text, {.add_special = false, .parse_special = true});
  const Vocabulary& vocabulary = tokenizer_.vocabulary();
  const bool first = document.tokens.empty();
  // As the chat does: most templates write BOS themselves.
  if (first && vocabulary.add_bos && vocabulary.bos && (ids.empty() || ids.front() != *vocabulary.bos)) {
    ids.insert(ids.begin(), *vocabulary.bos);
  }
  document.tokens.insert(document.tokens.end(), ids.begin(), ids.end());
  document.completion.resize(document.tokens.size(), 0);
}

// The answer reaches to the token that ends it; what the template writes behind that is no part of it.
void ChatEncoder::AppendAnswer(std::string_view text, TokenizedDocument& document) const {
  const std::vector<int32_t> ids = tokenizer_.Encode(text, {.add_special = false, .parse_special = true});
  const auto ends = [&](int32_t id) { return tokenizer_.IsEndOfGeneration(id); };
  const auto last = std::find_if(ids.rbegin(), ids.rend(), ends).base();  // begin() when there is no such token
  const auto answer = static_cast<size_t>((last == ids.begin() ? ids.end() : last) - ids.begin());
  document.tokens.insert(document.tokens.end(), ids.begin(), ids.end());
  document.completion.resize(document.completion.size() + answer, 1);
  document.completion.resize(document.tokens.size(), 0);
}

TokenizedDocument ChatEncoder::EncodeMessages(const Json& messages, const std::string& where) const {
  CheckMessages(messages, where);
  TokenizedDocument document;
  std::string done;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (messages[i]["role"] != "assistant") continue;
    const std::string prompt = Render(FirstMessages(messages, i), true);
    const std::string answered = Render(FirstMessages(messages, i + 1), false);
    if (!prompt.starts_with(done) || !answered.starts_with(prompt)) {
      Fail(ErrorCode::kUnsupported, "the chat template rewrites earlier turns, so no answer can be marked", where);
    }
    AppendPrompt(std::string_view(prompt).substr(done.size()), document);
    AppendAnswer(std::string_view(answered).substr(prompt.size()), document);
    done = answered;
  }
  if (done.empty()) Fail(ErrorCode::kFormat, "no message is the assistant's", where);
  return document;
}

TokenizedDocument ChatEncoder::EncodePair(const Json& line, const std::string& where) const {
  TokenizedDocument document;
  document.tokens = tokenizer_.Encode(Get<std::string>(line, "prompt", where));
  const size_t behind = tokenizer_.vocabulary().template_after.size();  // the text goes on: no EOS after the prompt
  document.tokens.resize(document.tokens.size() - std::min(behind, document.tokens.size()));
  document.completion.resize(document.tokens.size(), 0);
  const auto ids = tokenizer_.Encode(Get<std::string>(line, "completion", where), {.add_special = false});
  document.tokens.insert(document.tokens.end(), ids.begin(), ids.end());
  document.tokens.push_back(end_);
  document.completion.resize(document.tokens.size(), 1);
  return document;
}

TokenizedDocument ChatEncoder::Encode(const Json& line, const std::string& where) const {
  if (line.is_object() && line.contains("messages")) return EncodeMessages(line["messages"], where);
  if (line.is_object() && line.contains("prompt")) return EncodePair(line, where);
  Fail(ErrorCode::kFormat, "has neither \"messages\" nor \"prompt\" and \"completion\"", where);
}

std::vector<int32_t> ChatEncoder::Prompt(const Json& messages, const std::string& where) const {
  CheckMessages(messages, where);
  TokenizedDocument document;
  AppendPrompt(Render(messages, true), document);
  return document.tokens;
}

std::vector<int32_t> ChatEncoder::Answer(const Json& messages, const std::string& answer,
                                         const std::string& where) const {
  Json answered = messages;
  answered.push_back({{"role", "assistant"}, {"content", answer}});
  const std::string prompt = Render(messages, true), whole = Render(answered, false);
  if (!whole.starts_with(prompt)) {
    Fail(ErrorCode::kUnsupported, "the chat template rewrites earlier turns, so no answer can be marked", where);
  }
  TokenizedDocument document;
  AppendAnswer(std::string_view(whole).substr(prompt.size()), document);
  const auto last = std::find(document.completion.begin(), document.completion.end(), uint8_t{0});
  document.tokens.resize(static_cast<size_t>(last - document.completion.begin()));
  return document.tokens;
}

}  // namespace bantam
