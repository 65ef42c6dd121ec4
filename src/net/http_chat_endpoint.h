// Chat completions over HTTP, as OpenAI's interface and the servers that copy it (llama.cpp, vLLM, Ollama) speak it:
// POST {url}/chat/completions with model, messages, max_tokens, temperature and seed; the answer stands in
// choices[0].message.content.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/chat_endpoint.h"

namespace bantam {

struct HttpChatOptions {
  // The only URLs that are asked. Requests come from files, and a file must not choose where data and keys are sent.
  std::vector<std::string> allowed_urls = {};
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds read_timeout{120'000};  // without a byte; an answer comes whole, after all its tokens
  int attempts = 5;                                 // of a request that is answered by 429 or 5xx
  // Waits between attempts: 0.5 s, doubled each time up to 8 s, or what Retry-After says up to 30 s. Tests replace it.
  std::function<void(std::chrono::milliseconds)> wait = {};
};

// kUsage for a URL that is not allowed or malformed and for a key that is not set, kIo when the server cannot be reached or
// refuses, kFormat for an answer that is none.
std::unique_ptr<ChatEndpoint> MakeHttpChatEndpoint(HttpChatOptions options);

}  // namespace bantam
