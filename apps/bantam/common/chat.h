// A conversation as a model sees it: messages rendered by the model's chat template, cut to its context.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "text/chat_template.h"
#include "text/tokenizer.h"

namespace bantam::cli {

class Chat {
 public:
  // `now`: seconds since the epoch, for templates that tell the model the date.
  Chat(std::string_view template_source, std::shared_ptr<const Tokenizer> tokenizer, int64_t now);

  void Add(std::string role, std::string content);
  void RemoveLast() { messages_.erase(messages_.size() - 1); }

  // Tokens of the conversation up to where the assistant speaks, at most `room` of them: while it is longer, the oldest
  // turn (a user message and what follows it up to the next one) is forgotten, the system message and the last user
  // message never. `*forgotten` counts the messages dropped by this call. kUsage when the last message alone is too
  // long.
  std::vector<int32_t> Render(int64_t room, int64_t* forgotten);

  const Json& messages() const { return messages_; }

 private:
  std::vector<int32_t> Tokens() const;
  bool ForgetOldestTurn(int64_t* forgotten);

  ChatTemplate template_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  int64_t now_;
  Json messages_ = Json::array();
};

// Tokens of a context that a conversation may fill so that an answer of `predict` tokens (-1: unknown) has room: half
// of the context is kept for it at most, a quarter when its length is unknown.
int64_t ChatRoom(int64_t context, int64_t predict);

}  // namespace bantam::cli
