// What one rendering may spend, and the maker of its values. Templates come from strangers: a render ends with a clear
// error when its steps, its memory or its depth of nesting are used up, never by exhausting the machine.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "text/chat_template_limits.h"
#include "text/jinja/dict.h"
#include "text/jinja/value.h"

namespace bantam::jinja {

// Work on text costs one step per so many bytes, so that a step is about as long whatever it does: evaluating a node takes
// some 50 ns, copying or searching 256 bytes takes about as long.
inline constexpr int64_t kBytesPerStep = 256;

// Nested evaluations allowed for each level of `ChatTemplateLimits::depth`: a macro call inside an expression inside an
// `if` inside a `for` is one call but about ten evaluations inside each other.
inline constexpr int kEvaluationsPerCall = 10;

class Runtime {
 public:
  Runtime(const ChatTemplateLimits& limits, std::optional<int64_t> now)
      : limits_(limits), steps_left_(limits.steps), now_(now) {}
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  const ChatTemplateLimits& limits() const { return limits_; }
  std::optional<int64_t> now() const { return now_; }  // seconds since the epoch, for strftime_now

  void Step(int64_t count = 1) {
    steps_left_ -= count;
    if (steps_left_ < 0) FailSteps();
  }
  void StepBytes(size_t bytes) {
    bytes_owed_ += static_cast<int64_t>(bytes);
    if (bytes_owed_ < kBytesPerStep) return;
    Step(bytes_owed_ / kBytesPerStep);
    bytes_owed_ %= kBytesPerStep;
  }

  // kMemory when `bytes` more would pass the limit. To be called before anything whose size a template chooses is allocated.
  void CheckRoom(int64_t bytes) const {
    if (bytes > limits_.memory_bytes - bytes_alive_) FailMemory();
  }
  void Charge(int64_t bytes) {
    CheckRoom(bytes);
    bytes_alive_ += bytes;
  }
  void Refund(int64_t bytes) { bytes_alive_ -= bytes; }
  int64_t bytes_alive() const { return bytes_alive_; }

  // `payload_bytes`: what the object holds besides itself.
  template <typename T, typename... Arguments>
  Ref<T> Make(size_t payload_bytes, Arguments&&... arguments) {
    const auto bytes = static_cast<int64_t>(sizeof(T) + payload_bytes);
    Charge(bytes);
    T* object = new T(std::forward<Arguments>(arguments)...);
    object->runtime_ = this;
    object->bytes_ = bytes;
    if constexpr (std::is_base_of_v<Cyclic, T>) Register(object);
    return Ref<T>(object);
  }

  Value String(std::string text, bool markup = false);
  Value List(std::vector<Value> items);
  Value Tuple(std::vector<Value> items);
  Value Undefined(std::string message);

 private:
  friend class Object;
  friend class Cyclic;
  friend class DepthGuard;

  void Register(Cyclic* object);
  void Retire(Object* object);
  [[noreturn]] void FailSteps() const;
  [[noreturn]] void FailMemory() const;
  [[noreturn]] void FailDepth() const;

  const ChatTemplateLimits limits_;
  int64_t steps_left_;
  int64_t bytes_owed_ = 0;  // less than a step's worth
  int64_t bytes_alive_ = 0;
  const std::optional<int64_t> now_;
  int depth_ = 0;  // nested evaluations
  Cyclic* cyclic_ = nullptr;
  Object* dead_ = nullptr;
  bool deleting_ = false;
};

// Counts one level of nested evaluation while it lives.
class DepthGuard {
 public:
  explicit DepthGuard(Runtime& runtime) : runtime_(runtime) {
    if (++runtime_.depth_ > runtime_.limits_.depth * kEvaluationsPerCall) {
      --runtime_.depth_;
      runtime_.FailDepth();
    }
  }
  ~DepthGuard() { --runtime_.depth_; }
  DepthGuard(const DepthGuard&) = delete;
  DepthGuard& operator=(const DepthGuard&) = delete;

 private:
  Runtime& runtime_;
};

// Failures while a template runs. The interpreter adds the line.
[[noreturn]] void FailType(std::string what);  // Python's TypeError, ValueError and their like: kFormat
[[noreturn]] void FailUnsupported(std::string construct, std::string hint = {});  // kUnsupported
[[noreturn]] void FailOverflow(std::string_view operation);
[[noreturn]] void FailUndefined(const Value& undefined);

// Text being collected: of a macro, a set block, a join. Its bytes are charged while they are collected.
class TextBuffer {
 public:
  explicit TextBuffer(Runtime& runtime) : runtime_(runtime) {}
  ~TextBuffer() { runtime_.Refund(charged_); }
  TextBuffer(const TextBuffer&) = delete;
  TextBuffer& operator=(const TextBuffer&) = delete;

  void Append(std::string_view text) {
    if (text_.size() + text.size() > static_cast<size_t>(charged_)) Reserve(text_.size() + text.size());
    runtime_.StepBytes(16 + text.size());  // a short piece costs about as much as 16 bytes
    text_.append(text);
  }
  void Append(char character) { Append(std::string_view(&character, 1)); }
  size_t size() const { return text_.size(); }
  const std::string& text() const { return text_; }
  std::string Take() { return std::move(text_); }

 private:
  void Reserve(size_t needed);

  Runtime& runtime_;
  std::string text_;
  int64_t charged_ = 0;
};

}  // namespace bantam::jinja
