// What a path stands for while a sample is drawn: a view, valid as long as the sample's draft is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace bantam {

struct Value {
  enum class Kind { kAbsent, kBool, kNumber, kText, kList, kRecord };
  Kind kind = Kind::kAbsent;
  std::string_view text = {};  // kText
  const Json* json = nullptr;  // kBool, kNumber, kRecord; kText and kList when they stand in a file
  const std::vector<const Json*>* elements = nullptr;  // kList that a choice of several made

  static Value Text(std::string_view text) { return {.kind = Kind::kText, .text = text}; }
  static Value Of(const Json& json);
  static Value Of(const std::vector<const Json*>& elements) { return {.kind = Kind::kList, .elements = &elements}; }

  // Of a list.
  size_t size() const { return elements != nullptr ? elements->size() : json->size(); }
  const Json& at(size_t index) const { return elements != nullptr ? *(*elements)[index] : (*json)[index]; }
};

// "text", "number", "list", ... for messages.
std::string_view Name(Value::Kind kind);

// A number as people write it: integers exactly, others in the shortest form that reads back the same.
std::string NumberText(const Json& number);

bool IsTrue(const Value& value);  // absent, false, 0, "" and empty lists are not
bool Equal(const Value& a, const Value& b);

}  // namespace bantam
