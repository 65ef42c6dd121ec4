#include "text/jinja/loop.h"

#include "text/jinja/compare.h"
#include "text/jinja/iterator.h"
#include "text/jinja/methods.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

// Items that a look ahead has already taken from an iterator.
class TakenIterator final : public Iterator {
 public:
  explicit TakenIterator(std::vector<Value> items) : items_(std::move(items)) {}
  bool Next(Value& item) override {
    if (position_ >= items_.size()) return false;
    item = items_[position_++];
    return true;
  }
  void Clear() override { items_.clear(); }

 private:
  std::vector<Value> items_;
  size_t position_ = 0;
};

}  // namespace

bool LoopObject::Next(Value& item) {
  Value next = Peek();
  if (next.is_missing()) return false;
  after_ = Value();
  ++index_;
  before_ = std::move(current_);
  current_ = next;
  item = std::move(next);
  return true;
}

const Value& LoopObject::Peek() {
  if (after_.is_missing() && iterator_) {
    const Ref<Iterator> held = iterator_;  // a loop's filter may ask for loop.length, which replaces the iterator
    held->Next(after_);
  }
  return after_;
}

int64_t LoopObject::Length() {
  if (length_ < 0) {
    std::vector<Value> rest = Collect(runtime(), AsValue(iterator_));
    length_ = static_cast<int64_t>(rest.size()) + index_ + 1 + (after_.is_missing() ? 0 : 1);
    iterator_ = runtime().Make<TakenIterator>(rest.size() * sizeof(Value), std::move(rest));
  }
  return length_;
}

Value LoopObject::Attribute(std::string_view name) {
  if (name == "index") return Value::Int(index_ + 1);
  if (name == "index0") return Value::Int(index_);
  if (name == "first") return Value::Bool(index_ == 0);
  if (name == "last") return Value::Bool(Peek().is_missing());
  if (name == "length") return Value::Int(Length());
  if (name == "revindex") return Value::Int(Length() - index_);
  if (name == "revindex0") return Value::Int(Length() - index_ - 1);
  if (name == "depth") return Value::Int(1);
  if (name == "depth0") return Value::Int(0);
  if (name == "previtem") return index_ == 0 ? runtime().Undefined("there is no previous item") : before_;
  if (name == "nextitem") {
    const Value& next = Peek();
    return next.is_missing() ? runtime().Undefined("there is no next item") : next;
  }
  return Value();
}

const Value& LoopObject::Cycle(const std::vector<Value>& values) const {
  if (values.empty()) FailType("no items for cycling given");
  return values[index_ % values.size()];
}

bool LoopObject::Changed(Value values) {
  if (!last_changed_.is_missing() && Equal(runtime(), last_changed_, values)) return false;
  last_changed_ = std::move(values);
  return true;
}

void LoopObject::Clear() {
  iterator_ = {};
  before_ = current_ = after_ = last_changed_ = Value();
}

}  // namespace bantam::jinja
