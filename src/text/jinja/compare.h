// Python's questions about values: is it true, are two equal, which is smaller, how long is it, what is in it.
#pragma once

#include <cstdint>
#include <string_view>

#include "text/jinja/value.h"

namespace bantam::jinja {

class Runtime;

bool Truth(const Value& value);
// Python's len(); a type error for what has none.
int64_t Length(const Value& value);
bool HasLength(const Value& value);

bool Equal(Runtime& runtime, const Value& a, const Value& b);
// a < b; a type error when Python does not order the two.
bool Less(Runtime& runtime, const Value& a, const Value& b);
bool LessOrEqual(Runtime& runtime, const Value& a, const Value& b);
// Python's `item in container`.
bool Contains(Runtime& runtime, const Value& container, const Value& item);

// Whether the value can be a key: lists, dicts and tuples of them cannot.
bool IsHashable(const Value& value);
// Equal values have equal hashes; a type error for what cannot be hashed.
uint64_t Hash(const Value& value);
uint64_t HashText(std::string_view text);

}  // namespace bantam::jinja
