#include "net/http_chat_endpoint.h"

#include <fmt/core.h>
#include <httplib.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include "base/cancel.h"
#include "base/env.h"
#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"

namespace bantam {
namespace {

using std::chrono::milliseconds;

constexpr size_t kMaximalAnswerBytes = size_t{8} << 20;
constexpr milliseconds kFirstWait{500}, kLongestWait{8'000}, kLongestRetryAfter{30'000};
constexpr size_t kShownBytes = 200;  // of a refusal's text

struct Url {
  std::string server;  // "http://127.0.0.1:8080"
  std::string path;    // "/v1", or nothing
};

Url ParseUrl(std::string_view text) {
  const size_t scheme = text.find("://");
  const std::string_view name = text.substr(0, scheme);
  const size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  const size_t slash = std::min(text.find('/', host), text.size());
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if ((name != "http" && name != "https") || slash == host || !plain || text.find_first_of("@?#") != text.npos) {
    Fail(ErrorCode::kUsage, "is no URL of a server", std::string(text), "http://HOST:PORT/v1 or https://HOST/v1");
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  return {std::string(text.substr(0, slash)), std::string(text.substr(std::min(slash, text.size())))};
}

bool SameUrl(std::string_view a, std::string_view b) {
  while (a.ends_with('/')) a.remove_suffix(1);
  while (b.ends_with('/')) b.remove_suffix(1);
  return a == b;
}

std::string RequestBody(const ChatRequest& request) {
  Json messages = Json::array();
  for (const Message& message : request.messages) {
    messages.push_back({{"role", message.role}, {"content", message.content}});
  }
  return DumpJson({{"model", request.model},
                   {"messages", std::move(messages)},
                   {"max_tokens", request.max_tokens},
                   {"temperature", request.temperature},
                   {"seed", request.seed}},
                  -1);
}

struct Answer {
  int status = 0;
  std::string body, retry_after;
};

// What a server says about a refusal: {"error": {"message": ...}}, else the beginning of its text.
std::string Reason(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  std::string text = body;
  if (json.is_object() && json.contains("error")) {
    const Json& error = json["error"];
    if (error.is_string()) text = error.get<std::string>();
    if (error.is_object() && error.contains("message") && error["message"].is_string()) {
      text = error["message"].get<std::string>();
    }
  }
  return SanitizeUtf8(text.substr(0, kShownBytes));
}

std::string TextOf(const Answer& answer, const std::string& where) {
  const Json json = ParseJson(answer.body, where);
  const Json* value = &json;
  for (const char* step : {"choices", "0", "message", "content"}) {
    const Json* next = nullptr;
    if (value->is_array() && !value->empty()) next = &value->front();
    if (value->is_object() && value->contains(step)) next = &value->at(step);
    if (next == nullptr) Fail(ErrorCode::kFormat, "the answer has no choices[0].message.content", where);
    value = next;
  }
  if (!value->is_string()) Fail(ErrorCode::kFormat, "choices[0].message.content is no text", where);
  return value->get<std::string>();
}

void WaitCancellably(milliseconds time) {
  constexpr milliseconds kStep{100};
  for (; time.count() > 0; time -= kStep) {
    ThrowIfCancelled();
    std::this_thread::sleep_for(std::min(time, kStep));
  }
}

milliseconds WaitAfter(int attempt, const std::string& retry_after) {
  int64_t seconds = -1;
  const auto [end, status] = std::from_chars(retry_after.data(), retry_after.data() + retry_after.size(), seconds);
  if (status == std::errc() && seconds >= 0) {
    return std::min(kLongestRetryAfter, milliseconds(std::min<int64_t>(seconds, 1'000) * 1'000));
  }
  return std::min(kLongestWait, kFirstWait * (1 << std::min(attempt, 10)));
}

class HttpChatEndpoint : public ChatEndpoint {
 public:
  explicit HttpChatEndpoint(HttpChatOptions options) : options_(std::move(options)) {
    if (!options_.wait) options_.wait = WaitCancellably;
    for (const std::string& url : options_.allowed_urls) ParseUrl(url);
  }

  std::string Complete(const ChatRequest& request) override {
    const Url url = ParseUrl(request.url);
    const auto same = [&](const std::string& allowed) { return SameUrl(allowed, request.url); };
    if (std::none_of(options_.allowed_urls.begin(), options_.allowed_urls.end(), same)) {
      Fail(ErrorCode::kUsage, "this endpoint was not allowed", request.url,
           fmt::format("--allow-endpoint {} lets data be sent there", request.url));
    }
    const std::string body = RequestBody(request);
    for (int attempt = 0;; ++attempt) {
      ThrowIfCancelled();
      const Answer answer = Post(url, body, KeyOf(request), request.url);
      if (answer.status == 200) return TextOf(answer, request.url);
      const bool passing = answer.status == 429 || answer.status / 100 == 5;
      if (!passing || attempt + 1 >= options_.attempts) {
        Fail(ErrorCode::kIo,
             fmt::format("the server answered {}{}: {}", answer.status,
                         passing ? fmt::format(" {} times", attempt + 1) : "", Reason(answer.body)),
             request.url,
             answer.status == 401 || answer.status == 403 ? "api_key_env names the variable of the key" : "");
      }
      options_.wait(WaitAfter(attempt, answer.retry_after));
    }
  }

 private:
  static std::string KeyOf(const ChatRequest& request) {
    if (request.api_key_env.empty()) return {};
    const auto key = env::ApiKey(request.api_key_env);
    if (!key) Fail(ErrorCode::kUsage, "is not set and should hold the API key", request.api_key_env);
    return *key;
  }

  // A connection for each request: they take seconds each, and the client of httplib serves one thread at a time.
  Answer Post(const Url& url, const std::string& body, const std::string& key, const std::string& where) const {
    httplib::Client client(url.server);
    client.set_connection_timeout(options_.connect_timeout);
    client.set_read_timeout(options_.read_timeout);
    client.set_write_timeout(options_.read_timeout);
    Answer answer;
    httplib::Request request;
    request.method = "POST";
    request.path = url.path + "/chat/completions";
    request.headers = {{"Content-Type", "application/json"}};
    if (!key.empty()) request.headers.emplace("Authorization", "Bearer " + key);
    request.body = body;
    request.content_receiver = [&](const char* data, size_t size, uint64_t, uint64_t) {
      answer.body.append(data, size);
      return answer.body.size() <= kMaximalAnswerBytes && !CancelRequested();
    };
    const httplib::Result result =
        client.is_valid() ? client.send(request) : httplib::Result(nullptr, httplib::Error::Unknown);
    ThrowIfCancelled();
    if (!result) {
      Fail(ErrorCode::kIo,
           answer.body.size() > kMaximalAnswerBytes
               ? fmt::format("the answer has more than {} bytes", kMaximalAnswerBytes)
               : fmt::format("no answer: {}", httplib::to_string(result.error())),
           where, "is the server running?");
    }
    answer.status = result->status;
    answer.retry_after = result->get_header_value("Retry-After");
    return answer;
  }

  HttpChatOptions options_;
};

}  // namespace

std::unique_ptr<ChatEndpoint> MakeHttpChatEndpoint(HttpChatOptions options) {
  return std::make_unique<HttpChatEndpoint>(std::move(options));
}

}  // namespace bantam
