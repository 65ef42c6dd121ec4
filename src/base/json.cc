#include "base/json.h"

#include <fmt/core.h>

#include <cmath>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace bantam {
namespace {

constexpr size_t kMaximalDepth = 256;

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

// Builds the tree as nlohmann's own parser does, but appends members without searching the object for their key first:
// ordered_json keeps a vector, and a tokenizer's object of 262,144 tokens would take minutes. Refuses keys that stand twice,
// of which one would be dropped without a word, and deep nesting, since the tree is walked and destroyed by recursion.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(Json* root, std::string_view text, const std::string& where) : root_(root), text_(text), where_(where) {}

  bool null() override { return Add(nullptr); }
  bool boolean(bool value) override { return Add(value); }
  bool number_integer(number_integer_t value) override { return Add(value); }
  bool number_unsigned(number_unsigned_t value) override { return Add(value); }
  bool number_float(number_float_t value, const string_t&) override { return Add(value); }
  bool string(string_t& value) override { return Add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Json::object()); }
  bool start_array(size_t) override { return Open(Json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& text) override {
    if (!open_.back().keys.insert(text).second) {
      Fail(ErrorCode::kFormat, fmt::format("invalid JSON: the key \"{}\" stands twice in one object", text), where_);
    }
    key_ = std::move(text);
    return true;
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& error) override {
    std::string reason = error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: reason"
    if (const size_t colon = reason.find(": "); colon != std::string::npos) reason = reason.substr(colon + 2);
    Fail(ErrorCode::kFormat, "invalid JSON: " + reason, fmt::format("{}, {}", where_, LineAndColumn(text_, position)));
  }

 private:
  struct Level {
    Json* value;
    std::unordered_set<std::string> keys;
  };

  Json* Place(Json value) {
    if (open_.empty()) {
      *root_ = std::move(value);
      return root_;
    }
    Json& parent = *open_.back().value;
    if (parent.is_array()) {
      parent.get_ref<Json::array_t&>().push_back(std::move(value));
      return &parent.back();
    }
    auto& members = static_cast<Json::object_t::Container&>(parent.get_ref<Json::object_t&>());
    members.emplace_back(std::move(key_), std::move(value));
    return &members.back().second;
  }
  bool Add(Json value) {
    Place(std::move(value));
    return true;
  }
  bool Open(Json value) {
    if (open_.size() == kMaximalDepth) {
      Fail(ErrorCode::kFormat, fmt::format("JSON nested deeper than {} levels", kMaximalDepth), where_);
    }
    open_.push_back(
        {Place(std::move(value)), {}});  // a parent grows only after its child is closed: pointers stay valid
    return true;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }

  Json* root_;
  std::string_view text_;
  const std::string& where_;
  std::vector<Level> open_;
  std::string key_;
};

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
  // nlohmann takes a zero byte for the end and would hide what follows it.
  if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
    Fail(ErrorCode::kFormat, "invalid JSON: a zero byte", fmt::format("{}, {}", where, LineAndColumn(text, zero + 1)));
  }
  Json root;
  TreeBuilder builder(&root, text, where);
  Json::sax_parse(text, &builder);
  return root;
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
  return value == nullptr ? std::move(otherwise) : Convert<T>(*value, key, where);
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
