#include "text/jinja/attribute_path.h"

#include <algorithm>
#include <charconv>

#include "text/jinja/attributes.h"
#include "text/jinja/runtime.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {

AttributePath::AttributePath(Runtime& runtime, const Value& attribute) {
  if (attribute.is_missing() || attribute.is_none()) return;
  if (!attribute.is_string()) {
    parts_.push_back(attribute);
    return;
  }
  std::string_view rest = attribute.text();
  runtime.CheckRoom(static_cast<int64_t>(sizeof(Value)) * std::count(rest.begin(), rest.end(), '.'));
  while (true) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, dot);
    int64_t position = 0;
    const bool numeral = !part.empty() && part.find_first_not_of("0123456789") == part.npos &&
                         std::from_chars(part.data(), part.data() + part.size(), position).ec == std::errc();
    parts_.push_back(numeral ? Value::Int(position) : runtime.String(std::string(part)));
    runtime.Step();
    if (dot == rest.size()) return;
    rest.remove_prefix(dot + 1);
  }
}

Value AttributePath::Get(Runtime& runtime, const Value& item, const Value& otherwise) const {
  Value value = item;
  for (const Value& part : parts_) {
    runtime.Step();
    value = GetItem(runtime, value, part);
    if (value.is(Type::kUndefined) && !otherwise.is_missing() && !otherwise.is_none()) value = otherwise;
  }
  return value;
}

Value IgnoreCase(Runtime& runtime, const Value& value) {
  if (!value.is_string()) return value;
  runtime.CheckRoom(8 * static_cast<int64_t>(value.text().size()));  // code points take four bytes on the way
  runtime.StepBytes(value.text().size());
  return runtime.String(Lower(value.text()), value.markup());
}

}  // namespace bantam::jinja
