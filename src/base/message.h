// One turn of a conversation.
#pragma once

#include <string>

namespace bantam {

struct Message {
  std::string role;  // "system", "user", "assistant" or "tool"
  std::string content;
  bool operator==(const Message&) const = default;
};

}  // namespace bantam
