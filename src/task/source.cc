#include "task/source.h"

#include <fmt/core.h>

#include <cmath>
#include <utility>

#include "base/error.h"

namespace bantam {

Source::Source(std::string file, const YamlLines& lines) : file_(std::move(file)) {
  for (const auto& [path, line] : lines) lines_[path] = fmt::format("{}:{}", file_, line);
}

void Source::Replace(const std::string& path, const Source& other) {
  const auto inside = [&](const std::string& place) {
    return place.starts_with(path) && (place.size() == path.size() || place[path.size()] == '.');
  };
  std::erase_if(lines_, [&](const auto& line) { return inside(line.first); });
  for (const auto& [place, line] : other.lines_) {
    if (inside(place)) lines_[place] = line;
  }
}

std::string Source::Place(const std::string& path) const {
  const auto line = lines_.find(path);
  return fmt::format("{}: {}", line == lines_.end() ? file_ : line->second, path);
}

std::string Source::Step(const std::string& path, std::string_view step) {
  return path.empty() ? std::string(step) : fmt::format("{}.{}", path, step);
}

void Source::NotePlaces(const Json& value, const std::string& path, Places* places) const {
  (*places)[&value] = Place(path);
  if (value.is_object()) {
    for (const auto& [key, child] : value.items()) NotePlaces(child, Step(path, key), places);
  } else if (value.is_array()) {
    for (size_t i = 0; i < value.size(); ++i) NotePlaces(value[i], Step(path, std::to_string(i)), places);
  }
}

std::string Source::Text(const Json& value, const std::string& path) const {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  Fail(ErrorCode::kFormat, fmt::format("is {}, a text is needed", value.type_name()), Place(path), kQuoteHint);
}

double Source::Weight(const Json& value, const std::string& path) const {
  const double weight = value.is_number() ? value.get<double>() : -1;
  if (!(weight >= 0) || !std::isfinite(weight)) {
    Fail(ErrorCode::kFormat, fmt::format("the weight {} is no number from 0 on", DumpJson(value, -1)), Place(path));
  }
  return weight;
}

Expression Source::Condition(const Json& value, const std::string& path) const {
  if (value.is_boolean()) return Expression::Parse(value.get<bool>() ? "true" : "false", Place(path));
  return Expression::Parse(Text(value, path), Place(path));
}

std::optional<Expression> Source::Condition(const Config& config, const char* key, const std::string& path) const {
  if (!config.Has(key)) return std::nullopt;
  return Condition(config.Raw(key), Step(path, key));
}

Template Source::TextTemplate(const Config& config, const std::string& key, const std::string& path) const {
  const std::string inner = Step(path, key);
  return ParseTemplate(Text(config.Raw(key), inner), Place(inner), false);
}

}  // namespace bantam
