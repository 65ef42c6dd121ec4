#include "base/json.h"

#include <fmt/core.h>

#include <cmath>

#include "base/error.h"
#include "base/file.h"

namespace bantam {
namespace {

constexpr int kMaximalDepth = 256;

// Depth of nesting, by a scan that knows strings and brackets only: it runs before the parser, whose result is
// destroyed and walked recursively.
bool TooDeep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaximalDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return false;
}

std::string LineAndColumn(std::string_view text, size_t byte) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
    if (text[i] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
  }
  return fmt::format("line {}, column {}", line, column);
}

const Json* Find(const Json& object, std::string_view key, const std::string& where) {
  if (!object.is_object())
    Fail(ErrorCode::kFormat, fmt::format("is {}, an object is needed", object.type_name()), where);
  const auto found = object.find(std::string(key));
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

template <typename T>
T Convert(const Json& value, std::string_view key, const std::string& where) {
  const auto fail = [&](const char* wanted) {
    Fail(ErrorCode::kFormat,
         fmt::format("\"{}\" is {}, {} is needed", key,
                     value.dump(-1, ' ', true, Json::error_handler_t::replace).substr(0, 60), wanted),
         where);
  };
  if constexpr (std::is_same_v<T, bool>) {
    if (!value.is_boolean()) fail("true or false");
    return value.get<bool>();
  } else if constexpr (std::is_same_v<T, int64_t>) {
    if (value.is_number_unsigned()) {
      if (value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) fail("a smaller integer");
    } else if (value.is_number_float()) {
      const double number = value.get<double>();  // 1e3 and 4096.0 are integers too
      if (!(std::abs(number) < 9e15) || number != std::floor(number)) fail("an integer");
      return static_cast<int64_t>(number);
    } else if (!value.is_number_integer()) {
      fail("an integer");
    }
    return value.get<int64_t>();
  } else if constexpr (std::is_same_v<T, double>) {
    if (!value.is_number()) fail("a number");
    const double number = value.get<double>();
    if (!std::isfinite(number)) fail("a finite number");
    return number;
  } else {
    static_assert(std::is_same_v<T, std::string>);
    if (!value.is_string()) fail("a string");
    return value.get<std::string>();
  }
}

}  // namespace

Json ParseJson(std::string_view text, const std::string& where) {
  if (TooDeep(text)) Fail(ErrorCode::kFormat, fmt::format("JSON nested deeper than {} levels", kMaximalDepth), where);
  try {
    return Json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    std::string reason = error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: reason"
    if (const size_t colon = reason.find(": "); colon != std::string::npos) reason = reason.substr(colon + 2);
    Fail(ErrorCode::kFormat, "invalid JSON: " + reason, fmt::format("{}, {}", where, LineAndColumn(text, error.byte)));
  } catch (const nlohmann::json::exception& error) {  // a number too large for any type
    Fail(ErrorCode::kFormat, fmt::format("invalid JSON: {}", error.what()), where);
  }
}

Json ReadJsonFile(const std::filesystem::path& path, uint64_t max_bytes) {
  return ParseJson(ReadFile(path, max_bytes), path.string());
}

template <typename T>
T Get(const Json& object, std::string_view key, const std::string& where) {
  const Json* value = Find(object, key, where);
  if (value == nullptr) Fail(ErrorCode::kFormat, fmt::format("\"{}\" is missing", key), where);
  return Convert<T>(*value, key, where);
}

template <typename T>
T Get(const Json& object, std::string_view key, const std::string& where, T otherwise) {
  const Json* value = Find(object, key, where);
  return value == nullptr ? otherwise : Convert<T>(*value, key, where);
}

template bool Get(const Json&, std::string_view, const std::string&);
template int64_t Get(const Json&, std::string_view, const std::string&);
template double Get(const Json&, std::string_view, const std::string&);
template std::string Get(const Json&, std::string_view, const std::string&);
template bool Get(const Json&, std::string_view, const std::string&, bool);
template int64_t Get(const Json&, std::string_view, const std::string&, int64_t);
template double Get(const Json&, std::string_view, const std::string&, double);
template std::string Get(const Json&, std::string_view, const std::string&, std::string);

std::string DumpJson(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace bantam
