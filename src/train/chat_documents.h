// Conversations as training documents: what the chat template makes of them, with the assistant's answers marked as what the
// model has to say.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/json.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"
#include "train/token_set.h"

namespace bantam {

class ChatEncoder {
 public:
  explicit ChatEncoder(const Tokenizer& tokenizer);

  // {"messages": [{"role", "content"}, ...]}: rendered by the tokenizer's chat template; the completion is every assistant
  // message with the token that ends it. {"prompt": "...", "completion": "..."}: the two texts and the end of a document, no
  // template; the completion is the second text and the end. Other keys are passed over. Prompts and answers are encoded
  // apart from each other, as they are when the model answers. kFormat naming `where` for anything else, and for a
  // conversation without an answer; kUnsupported when the template rewrites earlier turns. May be called from several
  // threads at once.
  TokenizedDocument Encode(const Json& line, const std::string& where) const;

  // The tokens in front of an answer, and of the answer: what preference pairs are made of.
  std::vector<int32_t> Prompt(const Json& messages, const std::string& where) const;
  std::vector<int32_t> Answer(const Json& messages, const std::string& answer, const std::string& where) const;

 private:
  std::string Render(const Json& messages, bool add_generation_prompt) const;
  void AppendPrompt(std::string_view text, TokenizedDocument& document) const;
  void AppendAnswer(std::string_view text, TokenizedDocument& document) const;
  TokenizedDocument EncodeMessages(const Json& messages, const std::string& where) const;
  TokenizedDocument EncodePair(const Json& line, const std::string& where) const;

  const Tokenizer& tokenizer_;
  int32_t end_;
  std::optional<ChatTemplate> template_;  // none: only prompt and completion can be encoded
};

}  // namespace bantam
