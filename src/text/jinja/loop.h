// The `loop` variable of a for: where the loop is, and a look at its neighbours.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/jinja/value.h"

namespace bantam::jinja {

class LoopObject : public Cyclic {
 public:
  // length: of the iterable, or -1 when it has none (then `loop.length` uses the iterator up to count it, as Jinja does).
  LoopObject(Ref<Iterator> iterator, int64_t length) : iterator_(std::move(iterator)), length_(length) {}

  bool Next(Value& item);
  int64_t Length();
  // The attribute of this name; kMissing when there is none. `cycle` and `changed` are methods.
  Value Attribute(std::string_view name);
  const Value& Cycle(const std::vector<Value>& values) const;
  bool Changed(Value values);
  void Clear() override;

 private:
  const Value& Peek();  // the item after the current one; kMissing at the end

  Ref<Iterator> iterator_;
  int64_t length_;
  int64_t index_ = -1;  // from 0; -1 before the first item
  Value before_, current_, after_, last_changed_;
};

}  // namespace bantam::jinja
