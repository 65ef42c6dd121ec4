// The YAML of a content graph with the lines of its values: reads texts, weights and conditions, and names places in errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/config.h"
#include "base/json.h"
#include "base/yaml.h"
#include "task/expression.h"
#include "task/template.h"

namespace bantam {

// "world.yaml:12: items.3.text" for every value of a file.
using Places = std::unordered_map<const Json*, std::string>;

class Source {
 public:
  Source(std::string file, const YamlLines& lines);

  // The value at `path` and all in it come from `other`.
  void Replace(const std::string& path, const Source& other);

  // "posters.yaml:12: nodes.poster.template.0"
  std::string Place(const std::string& path) const;
  // "a.b" for a step "b" from "a".
  static std::string Step(const std::string& path, std::string_view step);
  // Notes the places of `value`, which stands at `path`, and of all that is in it.
  void NotePlaces(const Json& value, const std::string& path, Places* places) const;

  // kFormat naming the place when the value is of another kind.
  std::string Text(const Json& value, const std::string& path) const;
  double Weight(const Json& value, const std::string& path) const;  // a finite number from 0 on
  Expression Condition(const Json& value, const std::string& path) const;

  // The value of a key of `config`, which stands at `path`.
  std::optional<Expression> Condition(const Config& config, const char* key, const std::string& path) const;
  Template TextTemplate(const Config& config, const std::string& key, const std::string& path) const;

 private:
  std::string file_;
  std::unordered_map<std::string, std::string> lines_;  // "posters.yaml:12" by path
};

// What to do when YAML took a text for something else.
inline constexpr const char* kQuoteHint = "quote a text that begins with {, [ or a quote";

}  // namespace bantam
