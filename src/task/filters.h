// What may follow a path in a template: {path|cap}.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bantam {

struct Filter {
  enum class Kind { kUpper, kLower, kCap, kTitle, kArticle, kList, kLines, kJoin } kind;
  std::string separator = {};  // of kJoin

  bool JoinsLists() const { return kind == Kind::kList || kind == Kind::kLines || kind == Kind::kJoin; }
};

// "upper", "a", "join:SEP", ...; kFormat naming `where` for any other.
Filter ParseFilter(std::string_view text, const std::string& where);

// Filters of texts; letters beyond ASCII keep their case.
std::string ApplyFilter(const Filter& filter, std::string text);

// Filters of lists: "a, b and c"; one per line; joined by the separator.
std::string JoinList(const Filter& filter, const std::vector<std::string>& elements);

// What a grammar's text gets at its end: runs of spaces become one, spaces at both ends of a line and before , . ! ? ; : go.
std::string TidySpaces(std::string_view text);

}  // namespace bantam
