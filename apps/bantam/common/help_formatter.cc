#include "common/help_formatter.h"

#include <algorithm>

namespace bantam::cli {
namespace {

constexpr size_t kLineWidth = 110;

// What the option takes: its type name without the validators that CLI11 appends after a colon.
std::string TypeOf(const CLI::Option* option) {
  if (option->get_type_size() == 0) return {};
  const std::string type = option->get_type_name();
  return type.substr(0, type.find(':'));
}

std::string DefaultOf(const CLI::Option* option) {
  std::string text = option->get_default_str();
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);  // a list
  return text;
}

// Breaks lines at spaces so that none is longer than `width`.
std::string Wrap(const std::string& text, size_t width) {
  std::string wrapped;
  size_t begin = 0;
  while (text.size() - begin > width) {
    const size_t space = text.rfind(' ', begin + width);
    if (space == std::string::npos || space <= begin) break;
    wrapped += text.substr(begin, space - begin) + "\n";
    begin = space + 1;
  }
  return wrapped + text.substr(begin);
}

}  // namespace

std::string HelpFormatter::make_option_opts(const CLI::Option* option) const {
  const std::string type = TypeOf(option);
  return type.empty() || option->get_positional() ? std::string() : " " + type;
}

std::string HelpFormatter::make_option_desc(const CLI::Option* option) const {
  std::string text = option->get_description();
  if (option->get_required()) text += " (required)";
  if (!DefaultOf(option).empty()) text += " (default " + DefaultOf(option) + ")";
  return Wrap(text, kLineWidth - kColumn);
}

std::string HelpFormatter::make_option_usage(const CLI::Option* option) const {
  const std::string name = TypeOf(option) + (option->get_expected_max() > 1 ? "..." : "");
  return option->get_required() ? name : "[" + name + "]";
}

}  // namespace bantam::cli
