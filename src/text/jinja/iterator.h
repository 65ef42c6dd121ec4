// Going through a value one item at a time, as Python's iter() and next().
#pragma once

#include <vector>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

bool IsIterable(const Value& value);
// A type error when the value cannot be iterated over. An iterator is its own iterator.
Ref<Iterator> Iterate(Runtime& runtime, const Value& value);
// Python's reversed(); a type error for what has no order or no length.
Ref<Iterator> IterateReversed(Runtime& runtime, const Value& value);
// All items, as Python's list().
std::vector<Value> Collect(Runtime& runtime, const Value& value);

inline Value AsValue(const Ref<Iterator>& iterator) { return Value(Type::kIterator, iterator); }

// A list being collected, whose bytes are charged while it grows.
class ItemBuffer {
 public:
  explicit ItemBuffer(Runtime& runtime) : runtime_(runtime) {}
  ~ItemBuffer();
  ItemBuffer(const ItemBuffer&) = delete;
  ItemBuffer& operator=(const ItemBuffer&) = delete;

  void Append(Value item);
  std::vector<Value> Take() { return std::move(items_); }
  std::vector<Value>& items() { return items_; }

 private:
  Runtime& runtime_;
  std::vector<Value> items_;
  int64_t charged_ = 0;
};

}  // namespace bantam::jinja
