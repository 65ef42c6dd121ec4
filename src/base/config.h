// A configuration whose every key must be asked for: a misspelt key is an error, not a setting that silently stays at its
// default. (The idea is the OptionsDict of Leela Chess Zero.)
//
//     Config root(ReadYamlFile(path), path);
//     const int64_t steps = root.Get<int64_t>("steps");
//     const double rate = root.Child("optimizer").Get("rate", 1e-3);
//     root.Finish();  // "recipe.yaml: optimizer.raet: unknown key (did you mean 'rate'?)"
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace bantam {

// A handle: copies and children share one record of what was read. T is bool, int64_t, double or std::string.
class Config {
 public:
  // kFormat when `object` is none. `where` is the file.
  Config(Json object, std::string where);

  // Whether the key is there and not null. Asking makes the key known but does not count as reading it.
  bool Has(std::string_view key) const;

  template <typename T>
  T Get(std::string_view key) const;
  template <typename T>
  T Get(std::string_view key, T otherwise) const;
  std::string Get(std::string_view key, const char* otherwise) const { return Get<std::string>(key, otherwise); }
  int64_t Get(std::string_view key, int otherwise) const { return Get<int64_t>(key, otherwise); }

  template <typename T>
  std::vector<T> GetList(std::string_view key) const;  // absent: empty

  Config Child(std::string_view key) const;
  std::optional<Config> OptionalChild(std::string_view key) const;
  std::vector<Config> Children(std::string_view key) const;  // a list of objects; absent: empty

  // The value as it is, of any type; with all that is in it, it counts as read.
  const Json& Raw(std::string_view key) const;

  std::vector<std::string> Keys() const;          // in the order of the file
  const std::string& where() const;               // "recipe.yaml", of a child "recipe.yaml: data.2"
  std::string Where(std::string_view key) const;  // "recipe.yaml: data.2.weight"

  // kUsage naming every key of this object and of its children that nobody read.
  void Finish() const;

 private:
  struct Node;
  explicit Config(std::shared_ptr<Node> node) : node_(std::move(node)) {}
  const Json* Read(std::string_view key) const;
  std::shared_ptr<Node> Open(const std::string& step, const Json& value) const;

  std::shared_ptr<Node> node_;
};

}  // namespace bantam
