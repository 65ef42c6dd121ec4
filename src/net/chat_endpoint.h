// A model behind a chat-completions interface: the seam between what asks and what answers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/message.h"

namespace bantam {

struct ChatRequest {
  std::string url = {};  // of the interface: "http://127.0.0.1:8080/v1"
  std::string model = {};
  std::vector<Message> messages = {};
  int64_t max_tokens = 256;
  double temperature = 1;
  uint64_t seed = 0;             // below 2^31, which every server can hold
  std::string api_key_env = {};  // environment variable that holds the key; empty: none is sent
};

class ChatEndpoint {
 public:
  virtual ~ChatEndpoint() = default;

  // The text of the answer. May be called from several threads at once.
  virtual std::string Complete(const ChatRequest& request) = 0;
};

}  // namespace bantam
