// The client against a server of cpp-httplib on the loopback.
#include "net/http_chat_endpoint.h"

#include <httplib.h>

#include <mutex>
#include <thread>

#include "base/json.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kAnswer = R"({"choices": [{"message": {"role": "assistant", "content": "cluck 🐓"}}]})";

// Answers each request by the next of a row of replies and keeps what was asked.
class HttpChatEndpointTest : public ::testing::Test {
 protected:
  struct Reply {
    int status;
    std::string body;
    std::string retry_after = {};
  };

  void SetUp() override {
    server_.Post("/v1/chat/completions", [this](const httplib::Request& request, httplib::Response& response) {
      const std::lock_guard lock(mutex_);
      asked_.push_back(request);
      const Reply& reply = replies_[std::min(asked_.size(), replies_.size()) - 1];
      response.status = reply.status;
      if (!reply.retry_after.empty()) response.set_header("Retry-After", reply.retry_after);
      response.set_content(reply.body, "application/json");
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();  // stop() before that would be forgotten
  }
  void TearDown() override {
    server_.stop();
    thread_.join();
    unsetenv("BANTAM_TEST_API_KEY");
  }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  ChatRequest Request() const {
    return {.url = Url(),
            .model = "m",
            .messages = {{"user", "say \"hi\""}},
            .max_tokens = 9,
            .temperature = 0.5,
            .seed = 3};
  }
  HttpChatOptions Options() {
    return {
        .allowed_urls = {Url() + "/"}, .attempts = 4, .wait = [this](milliseconds time) { waits_.push_back(time); }};
  }
  std::vector<httplib::Request> Asked() {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  void SetReplies(std::vector<Reply> replies) {
    const std::lock_guard lock(mutex_);
    replies_ = std::move(replies);
  }
  std::string Complete(const ChatRequest& request) { return MakeHttpChatEndpoint(Options())->Complete(request); }

  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
  std::vector<Reply> replies_ = {{200, kAnswer}};
  std::vector<httplib::Request> asked_;
  std::mutex mutex_;  // over the two above: the server has threads of its own
  std::vector<milliseconds> waits_;
};

TEST_F(HttpChatEndpointTest, AsksAndReadsTheAnswer) {
  EXPECT_EQ(Complete(Request()), "cluck 🐓");
  ASSERT_EQ(Asked().size(), 1u);
  EXPECT_EQ(
      ParseJson(Asked()[0].body, "request").dump(),
      R"({"model":"m","messages":[{"role":"user","content":"say \"hi\""}],"max_tokens":9,"temperature":0.5,"seed":3})");
  EXPECT_EQ(Asked()[0].get_header_value("Content-Type"), "application/json");
  EXPECT_FALSE(Asked()[0].has_header("Authorization"));
}

TEST_F(HttpChatEndpointTest, SendsTheKeyOfTheEnvironment) {
  ChatRequest request = Request();
  request.api_key_env = "BANTAM_TEST_API_KEY";
  EXPECT_BANTAM_ERROR(Complete(request), ErrorCode::kUsage, HasSubstr("BANTAM_TEST_API_KEY: is not set"));
  setenv("BANTAM_TEST_API_KEY", "secret", 1);
  Complete(request);
  ASSERT_EQ(Asked().size(), 1u);
  EXPECT_EQ(Asked()[0].get_header_value("Authorization"), "Bearer secret");
  SetReplies({{401, "no"}});
  EXPECT_BANTAM_ERROR(Complete(request), ErrorCode::kIo, AllOf(HasSubstr("401"), Not(HasSubstr("secret"))));
}

TEST_F(HttpChatEndpointTest, TriesAgainWhileTheServerIsBusy) {
  SetReplies({{503, ""}, {429, "", "7"}, {500, "", "soon"}, {200, kAnswer}});
  EXPECT_EQ(Complete(Request()), "cluck 🐓");
  EXPECT_THAT(waits_, ElementsAre(milliseconds(500), milliseconds(7000), milliseconds(2000)));
}

TEST_F(HttpChatEndpointTest, GivesUpAfterTheLastAttempt) {
  SetReplies({{429, R"({"error": {"message": "too many"}})", "999999999"}});
  EXPECT_BANTAM_ERROR(Complete(Request()), ErrorCode::kIo, HasSubstr("the server answered 429 4 times: too many"));
  EXPECT_THAT(waits_, ElementsAre(milliseconds(30000), milliseconds(30000), milliseconds(30000)));
}

TEST_F(HttpChatEndpointTest, DoesNotRepeatARefusal) {
  SetReplies({{400, R"({"error": "no such model"})"}});
  EXPECT_BANTAM_ERROR(Complete(Request()), ErrorCode::kIo, HasSubstr("the server answered 400: no such model"));
  EXPECT_EQ(Asked().size(), 1u);
}

TEST_F(HttpChatEndpointTest, RefusesAnswersThatAreNone) {
  for (const char* body :
       {"", "cluck", "{}", R"({"choices": []})", R"({"choices": [{"message": {"content": null}}]})"}) {
    SetReplies({{200, body}});
    EXPECT_BANTAM_ERROR(Complete(Request()), ErrorCode::kFormat, HasSubstr("127.0.0.1"));
  }
  SetReplies({{200, std::string((size_t{8} << 20) + 1, ' ')}});
  EXPECT_BANTAM_ERROR(Complete(Request()), ErrorCode::kIo, HasSubstr("more than 8388608 bytes"));
}

TEST_F(HttpChatEndpointTest, AsksNobodyWhoWasNotAllowed) {
  ChatRequest request = Request();
  request.url = "http://127.0.0.1:" + std::to_string(port_) + "/v2";
  EXPECT_BANTAM_ERROR(Complete(request), ErrorCode::kUsage, HasSubstr("was not allowed"));
  EXPECT_TRUE(Asked().empty());
  for (const char* url :
       {"", "127.0.0.1:80", "ftp://host", "http://", "http:///v1", "http://u:p@host/", "http://a b/"}) {
    request.url = url;
    EXPECT_BANTAM_ERROR(Complete(request), ErrorCode::kUsage, HasSubstr("is no URL"));
    EXPECT_BANTAM_ERROR(MakeHttpChatEndpoint({.allowed_urls = {url}}), ErrorCode::kUsage, HasSubstr("is no URL"));
  }
}

TEST_F(HttpChatEndpointTest, SaysWhenNobodyListens) {
  server_.stop();
  EXPECT_BANTAM_ERROR(Complete(Request()), ErrorCode::kIo, HasSubstr("is the server running?"));
}

}  // namespace
}  // namespace bantam
