#include "common/chat.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/error.h"

namespace bantam::cli {

Chat::Chat(std::string_view template_source, std::shared_ptr<const Tokenizer> tokenizer, int64_t now)
    : template_(template_source), tokenizer_(std::move(tokenizer)), now_(now) {}

void Chat::Add(std::string role, std::string content) {
  messages_.push_back({{"role", std::move(role)}, {"content", std::move(content)}});
}

std::vector<int32_t> Chat::Tokens() const {
  const Vocabulary& vocabulary = tokenizer_->vocabulary();
  const auto text_of = [&](const std::optional<int32_t>& id) {
    return id ? vocabulary.tokens.at(static_cast<size_t>(*id)) : std::string();
  };
  const std::string text = template_.Render({{"messages", messages_},
                                             {"add_generation_prompt", true},
                                             {"bos_token", text_of(vocabulary.bos)},
                                             {"eos_token", text_of(vocabulary.eos)}},
                                            now_);
  std::vector<int32_t> ids = tokenizer_->Encode(text, {.add_special = false, .parse_special = true});
  // Most templates write BOS themselves; a second one would be a token the model never saw there.
  if (vocabulary.add_bos && vocabulary.bos && (ids.empty() || ids.front() != *vocabulary.bos)) {
    ids.insert(ids.begin(), *vocabulary.bos);
  }
  return ids;
}

bool Chat::ForgetOldestTurn(int64_t* forgotten) {
  const size_t first = !messages_.empty() && messages_[0]["role"] == "system" ? 1 : 0;
  size_t next = first + 1;
  while (next < messages_.size() && messages_[next]["role"] != "user") ++next;
  if (next >= messages_.size()) return false;
  messages_.erase(messages_.begin() + static_cast<std::ptrdiff_t>(first),
                  messages_.begin() + static_cast<std::ptrdiff_t>(next));
  *forgotten += static_cast<int64_t>(next - first);
  return true;
}

std::vector<int32_t> Chat::Render(int64_t room, int64_t* forgotten) {
  *forgotten = 0;
  std::vector<int32_t> ids = Tokens();
  while (static_cast<int64_t>(ids.size()) > room) {
    if (!ForgetOldestTurn(forgotten)) {
      Fail(ErrorCode::kUsage,
           fmt::format("the message takes {} tokens, {} of the context are left for it", ids.size(), room),
           "--ctx-size", "shorten it or raise --ctx-size");
    }
    ids = Tokens();
  }
  return ids;
}

int64_t ChatRoom(int64_t context, int64_t predict) {
  return context - (predict < 0 ? context / 4 : std::min(predict, context / 2));
}

}  // namespace bantam::cli
