#include "task/filters.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/error.h"
#include "base/nearest.h"

namespace bantam {
namespace {

constexpr std::pair<const char*, Filter::Kind> kNames[] = {
    {"upper", Filter::Kind::kUpper}, {"lower", Filter::Kind::kLower}, {"cap", Filter::Kind::kCap},
    {"title", Filter::Kind::kTitle}, {"a", Filter::Kind::kArticle},   {"list", Filter::Kind::kList},
    {"lines", Filter::Kind::kLines}, {"join", Filter::Kind::kJoin},
};

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// "a" or "an", by the first letter and the usual exceptions of sound.
std::string_view Article(std::string_view text) {
  std::string word;
  for (const char c : text.substr(0, text.find_first_of(" ,.-'"))) word += Lower(c);
  for (const char* silent : {"hour", "honest", "honor", "honour", "heir"}) {
    if (word.starts_with(silent)) return "an";
  }
  for (const char* like_y_or_w : {"uni", "use", "usu", "eu", "ewe", "one", "once", "ute"}) {
    if (word.starts_with(like_y_or_w) && !word.starts_with("unin") && !word.starts_with("unim")) return "a";
  }
  return !word.empty() && std::string_view("aeiou").find(word[0]) != std::string_view::npos ? "an" : "a";
}

std::string Title(std::string text) {
  bool begins = true;
  for (char& c : text) {
    if (begins) c = Upper(c);
    begins = c == ' ' || c == '-' || c == '\n';
  }
  return text;
}

}  // namespace

Filter ParseFilter(std::string_view text, const std::string& where) {
  const size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  std::vector<std::string> names;
  for (const auto& [known, kind] : kNames) {
    names.emplace_back(known);
    if (name != known) continue;
    if ((colon != std::string_view::npos) != (kind == Filter::Kind::kJoin)) break;
    return {kind, colon == std::string_view::npos ? std::string() : std::string(text.substr(colon + 1))};
  }
  Fail(ErrorCode::kFormat, fmt::format("unknown filter \"|{}\"", text.substr(0, 60)), where,
       name == "join" ? "write |join:SEPARATOR" : NearestHint(name, names));
}

std::string ApplyFilter(const Filter& filter, std::string text) {
  switch (filter.kind) {
    case Filter::Kind::kUpper:
      for (char& c : text) c = Upper(c);
      return text;
    case Filter::Kind::kLower:
      for (char& c : text) c = Lower(c);
      return text;
    case Filter::Kind::kCap:
      if (!text.empty()) text[0] = Upper(text[0]);
      return text;
    case Filter::Kind::kTitle:
      return Title(std::move(text));
    case Filter::Kind::kArticle:
      return text.empty() ? text : fmt::format("{} {}", Article(text), text);
    default:  // a list of one
      return text;
  }
}

std::string JoinList(const Filter& filter, const std::vector<std::string>& elements) {
  if (filter.kind == Filter::Kind::kLines) return fmt::format("{}", fmt::join(elements, "\n"));
  if (filter.kind == Filter::Kind::kJoin) return fmt::format("{}", fmt::join(elements, filter.separator));
  if (elements.size() < 2) return elements.empty() ? std::string() : elements[0];
  return fmt::format("{} and {}", fmt::join(elements.begin(), elements.end() - 1, ", "), elements.back());
}

std::string TidySpaces(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == ' ' && (out.empty() || out.back() == ' ' || out.back() == '\n')) continue;
    const bool takes_no_space = c == '\n' || std::string_view(",.!?;:").find(c) != std::string_view::npos;
    if (takes_no_space && !out.empty() && out.back() == ' ') out.pop_back();
    out += c;
  }
  if (!out.empty() && out.back() == ' ') out.pop_back();
  return out;
}

}  // namespace bantam
