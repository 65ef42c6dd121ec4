#include "base/yaml.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <cmath>
#include <sstream>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"

namespace bantam {
namespace {

constexpr size_t kMaximalDepth = 64;

std::string Place(const std::string& where, const YAML::Mark& mark) {
  return mark.is_null() ? where : fmt::format("{}:{}:{}", where, mark.line + 1, mark.column + 1);
}

// What a number looks like in the core schema (YAML 1.2.2, 10.3.2).
bool IsDecimal(std::string_view text) { return text.find_first_not_of("0123456789") == std::string_view::npos; }

std::string_view WithoutSign(std::string_view text) {
  return !text.empty() && (text[0] == '-' || text[0] == '+') ? text.substr(1) : text;
}

bool IsFloat(std::string_view text) {
  text = WithoutSign(text);
  const size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    const std::string_view digits = WithoutSign(text.substr(exponent + 1));
    if (digits.empty() || !IsDecimal(digits)) return false;
    text = text.substr(0, exponent);
  }
  const size_t point = text.find('.');
  if (point == std::string_view::npos) return !text.empty() && IsDecimal(text);
  return text.size() > 1 && IsDecimal(text.substr(0, point)) && IsDecimal(text.substr(point + 1));
}

template <typename T>
bool ReadNumber(std::string_view text, T* value, int base) {
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), *value, base);
  return status == std::errc() && end == text.data() + text.size();
}

Json Integer(std::string_view text, std::string_view digits, int base, const std::string& place) {
  uint64_t magnitude = 0;
  const bool negative = text[0] == '-';
  if (!ReadNumber(digits, &magnitude, base) || (negative && magnitude > uint64_t{1} << 63)) {
    Fail(ErrorCode::kFormat, fmt::format("{} does not fit 64 bits", text), place, "quote it if it is a text");
  }
  if (negative) return static_cast<int64_t>(-magnitude);
  if (magnitude > static_cast<uint64_t>(INT64_MAX)) return magnitude;
  return static_cast<int64_t>(magnitude);
}

Json Float(std::string_view text, const std::string& place) {
  double value = 0;
  const std::string digits(text[0] == '+' ? text.substr(1) : text);  // from_chars of clang's library lacks double
  std::istringstream stream(digits);
  stream.imbue(std::locale::classic());
  stream >> value;
  if (stream.fail() || !std::isfinite(value)) {
    Fail(ErrorCode::kFormat, fmt::format("{} is too large for a number", text), place, "quote it if it is a text");
  }
  return value;
}

Json PlainScalar(const std::string& text, const std::string& place) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const std::string_view unsigned_text = WithoutSign(text);
  if (!unsigned_text.empty() && IsDecimal(unsigned_text)) return Integer(text, unsigned_text, 10, place);
  if (text.starts_with("0x") && text.size() > 2 &&
      text.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string::npos) {
    return Integer(text, std::string_view(text).substr(2), 16, place);
  }
  if (text.starts_with("0o") && text.size() > 2 && text.find_first_not_of("01234567", 2) == std::string::npos) {
    return Integer(text, std::string_view(text).substr(2), 8, place);
  }
  if (IsFloat(text)) return Float(text, place);
  for (const char* special : {".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"}) {
    if (unsigned_text == special)
      Fail(ErrorCode::kFormat, fmt::format("{} is no finite number", text), place, "quote it if it is a text");
  }
  return text;
}

// Builds the tree from yaml-cpp's events rather than from its nodes: the events come without recursion of ours, and
// aliases are seen before they are followed.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(Json* root, const std::string& where, YamlLines* lines) : root_(root), where_(where), lines_(lines) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(started_, true)) FailAt(mark, "a second document begins here", "keep one document in a file");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    if (AwaitsKey()) FailAt(mark, "a key is empty or null", "quote it if it is the text");
    Add(nullptr, mark);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { FailAlias(mark); }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override { FailAlias(mark); }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    RefuseAnchor(mark, anchor);
    if (tag != "?" && tag != "!") RefuseTag(mark, tag);
    if (AwaitsKey()) {
      TakeKey(value, mark);
    } else {
      Add(tag == "?" ? PlainScalar(value, Place(where_, mark)) : Json(value), mark);
    }
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(Json::array(), mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(Json::object(), mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

 private:
  struct Level {
    Json* value;
    bool has_key = false;  // of an object: the next event is this key's value
    std::string key;
    std::unordered_set<std::string> keys;
    size_t path_bytes;  // length of path_ before this level's own step
  };

  [[noreturn]] void FailAt(const YAML::Mark& mark, std::string what, std::string hint) const {
    Fail(ErrorCode::kFormat, std::move(what), Place(where_, mark), std::move(hint));
  }
  [[noreturn]] void FailAlias(const YAML::Mark& mark) const {
    FailAt(mark, "anchors (&) and aliases (*) are not read", "repeat the value; quote a text that begins with & or *");
  }
  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != YAML::NullAnchor) FailAlias(mark);
  }
  [[noreturn]] void RefuseTag(const YAML::Mark& mark, const std::string& tag) const {
    FailAt(mark, fmt::format("the tag \"{}\" is not read", tag), "quote a text that begins with !");
  }

  bool AwaitsKey() const { return !open_.empty() && open_.back().value->is_object() && !open_.back().has_key; }

  void TakeKey(const std::string& key, const YAML::Mark& mark) {
    Level& level = open_.back();
    if (!level.keys.insert(key).second) {
      FailAt(mark, fmt::format("the key \"{}\" stands twice in one map", key), "keep one of the two");
    }
    level.key = key;
    level.has_key = true;
  }

  Json* Add(Json value, const YAML::Mark& mark) {
    if (lines_ != nullptr) NoteLine(mark);
    if (open_.empty()) {
      *root_ = std::move(value);
      return root_;
    }
    Level& level = open_.back();
    if (level.value->is_array()) {
      level.value->push_back(std::move(value));
      return &level.value->back();
    }
    level.has_key = false;
    // Appended without a search: duplicates were looked for among level.keys, and ordered_json searches linearly.
    auto& members = static_cast<Json::object_t::Container&>(level.value->get_ref<Json::object_t&>());
    members.emplace_back(level.key, std::move(value));
    return &members.back().second;
  }
  std::string Step() const {
    if (open_.empty()) return {};
    const Level& level = open_.back();
    return level.value->is_array() ? std::to_string(level.value->size()) : level.key;
  }
  void NoteLine(const YAML::Mark& mark) { (*lines_)[path_ + (path_.empty() ? "" : ".") + Step()] = mark.line + 1; }
  void Open(Json value, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    RefuseAnchor(mark, anchor);
    if (tag != "?") RefuseTag(mark, tag);
    if (AwaitsKey())
      FailAt(mark, "a key is a list or a map", "close what is left open, or quote a text that begins with [ or {");
    if (open_.size() == kMaximalDepth) {
      FailAt(mark, fmt::format("nested deeper than {} levels", kMaximalDepth), "");
    }
    const size_t path_bytes = path_.size();
    const std::string step = Step();
    Json* place = Add(std::move(value), mark);  // a parent grows only after its child is closed: pointers stay valid
    if (lines_ != nullptr) path_ += (path_.empty() ? "" : ".") + step;
    open_.push_back({.value = place, .key = {}, .keys = {}, .path_bytes = path_bytes});
  }
  void Close() {
    path_.resize(open_.back().path_bytes);
    open_.pop_back();
  }

  Json* root_;
  const std::string& where_;
  YamlLines* lines_;
  bool started_ = false;
  std::vector<Level> open_;
  std::string path_;
};

// yaml-cpp guesses other encodings from zero bytes and byte-order marks; only UTF-8 reaches it.
void CheckBytes(std::string_view text, const std::string& where) {
  size_t line = 1;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    const std::string_view bytes = text.substr(0, end);
    if (!IsValidUtf8(bytes)) Fail(ErrorCode::kFormat, "is not UTF-8", fmt::format("{}:{}", where, line));
    if (bytes.find('\0') != std::string_view::npos) {
      Fail(ErrorCode::kFormat, "a zero byte", fmt::format("{}:{}", where, line));
    }
    text.remove_prefix(end);
    ++line;
  }
}

}  // namespace

Json ParseYaml(std::string_view text, const std::string& where, YamlLines* lines) {
  CheckBytes(text, where);
  Json root;
  TreeBuilder builder(&root, where, lines);
  std::istringstream stream{std::string(text)};
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& error) {
    Fail(ErrorCode::kFormat, "invalid YAML: " + error.msg, Place(where, error.mark));
  }
  return root;
}

Json ReadYamlFile(const std::filesystem::path& path, uint64_t max_bytes, YamlLines* lines) {
  return ParseYaml(ReadFile(path, max_bytes), path.string(), lines);
}

}  // namespace bantam
