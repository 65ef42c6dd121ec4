// What Python calls a generator: nothing runs before the first item is asked for.
#pragma once

#include <utility>

#include "text/jinja/iterator.h"
#include "text/jinja/runtime.h"
#include "text/jinja/value.h"

namespace bantam::jinja {

class LazyIterator : public Iterator {
 public:
  explicit LazyIterator(Value source) : source_(std::move(source)) {}

  bool Next(Value& item) final {
    if (state_ == State::kEnded) return false;
    if (state_ == State::kRunning) FailType("generator already executing");
    const DepthGuard guard(runtime());  // a generator over a generator over a generator ...
    const bool starting = state_ == State::kNew;
    state_ = State::kRunning;
    const Running running(*this);  // an error ends it
    runtime().Step();
    if (starting) Start();
    if (ended_ || !Advance(item)) return false;
    state_ = State::kSuspended;
    return true;
  }
  void Clear() final {
    state_ = State::kEnded;
    source_ = Value();
    iterator_ = {};
    Forget();
  }

 protected:
  virtual void Start() = 0;               // before the first item
  virtual bool Advance(Value& item) = 0;  // the next item; false at the end
  virtual void Forget() = 0;              // drops every reference

  const Value& source() const { return source_; }
  void StartSource() { StartSource(source_); }
  void StartSource(const Value& source) { iterator_ = Iterate(runtime(), source); }
  bool NextOfSource(Value& item) { return iterator_->Next(item); }
  void End() { ended_ = true; }

 private:
  enum class State : uint8_t { kNew, kSuspended, kRunning, kEnded };

  class Running {
   public:
    explicit Running(LazyIterator& iterator) : iterator_(iterator) {}
    ~Running() {
      if (iterator_.state_ == State::kRunning) iterator_.state_ = State::kEnded;
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

   private:
    LazyIterator& iterator_;
  };

  Value source_;
  Ref<Iterator> iterator_;
  State state_ = State::kNew;
  bool ended_ = false;
};

}  // namespace bantam::jinja
