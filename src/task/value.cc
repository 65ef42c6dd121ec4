#include "task/value.h"

#include <fmt/core.h>

namespace bantam {

Value Value::Of(const Json& json) {
  switch (json.type()) {
    case Json::value_t::boolean:
      return {.kind = Kind::kBool, .json = &json};
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return {.kind = Kind::kNumber, .json = &json};
    case Json::value_t::string:
      return {.kind = Kind::kText, .text = json.get_ref<const std::string&>(), .json = &json};
    case Json::value_t::array:
      return {.kind = Kind::kList, .json = &json};
    case Json::value_t::object:
      return {.kind = Kind::kRecord, .json = &json};
    default:
      return {};
  }
}

std::string_view Name(Value::Kind kind) {
  switch (kind) {
    case Value::Kind::kAbsent:
      return "nothing";
    case Value::Kind::kBool:
      return "true or false";
    case Value::Kind::kNumber:
      return "a number";
    case Value::Kind::kText:
      return "a text";
    case Value::Kind::kList:
      return "a list";
    case Value::Kind::kRecord:
      return "a record";
  }
  return "";
}

std::string NumberText(const Json& number) {
  return number.is_number_float() ? fmt::format("{}", number.get<double>()) : number.dump();
}

bool IsTrue(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kAbsent:
      return false;
    case Value::Kind::kBool:
      return value.json->get<bool>();
    case Value::Kind::kNumber:
      return value.json->get<double>() != 0;
    case Value::Kind::kText:
      return !value.text.empty();
    case Value::Kind::kList:
      return value.size() > 0;
    case Value::Kind::kRecord:
      return true;
  }
  return false;
}

bool Equal(const Value& a, const Value& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Value::Kind::kAbsent) return true;
  if (a.kind == Value::Kind::kText) return a.text == b.text;
  if (a.kind != Value::Kind::kList) return *a.json == *b.json;
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a.at(i) != b.at(i)) return false;
  }
  return true;
}

}  // namespace bantam
