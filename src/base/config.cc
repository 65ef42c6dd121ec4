#include "base/config.h"

#include <fmt/ranges.h>

#include <map>
#include <utility>

#include "base/error.h"
#include "base/nearest.h"

namespace bantam {

struct Config::Node {
  std::shared_ptr<const Json> root;  // keeps `object` alive
  const Json* object;
  std::string file, path;                                 // path: "" or "data.2"
  std::string where;                                      // both
  std::map<std::string, bool, std::less<>> known;         // key -> was read
  std::map<std::string, std::shared_ptr<Node>> children;  // by the steps from here: "data.2"

  std::string PathOf(std::string_view step) const {
    return path.empty() ? std::string(step) : fmt::format("{}.{}", path, step);
  }
  void CollectUnread(std::vector<std::string>* unread, std::string* hint) const;
};

void Config::Node::CollectUnread(std::vector<std::string>* unread, std::string* hint) const {
  for (const auto& [key, value] : object->items()) {
    const auto found = known.find(key);
    if (found != known.end() && found->second) continue;
    if (unread->empty() && found == known.end()) {
      std::vector<std::string> names;
      for (const auto& [name, read] : known) names.push_back(name);
      *hint = NearestHint(key, names);
    }
    unread->push_back(PathOf(key));
  }
  for (const auto& [step, child] : children) child->CollectUnread(unread, hint);
}

Config::Config(Json object, std::string where) : node_(std::make_shared<Node>()) {
  node_->root = std::make_shared<const Json>(std::move(object));
  node_->object = node_->root.get();
  node_->file = node_->where = std::move(where);
  if (!node_->object->is_object()) {
    Fail(ErrorCode::kFormat, fmt::format("is {}, a map of keys is needed", node_->object->type_name()), node_->where);
  }
}

const std::string& Config::where() const { return node_->where; }

std::string Config::Where(std::string_view key) const { return fmt::format("{}: {}", node_->file, node_->PathOf(key)); }

std::vector<std::string> Config::Keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : node_->object->items()) keys.push_back(key);
  return keys;
}

bool Config::Has(std::string_view key) const {
  node_->known.try_emplace(std::string(key), false);
  const auto found = node_->object->find(std::string(key));
  return found != node_->object->end() && !found->is_null();
}

// The value, now read; null when it is absent or null.
const Json* Config::Read(std::string_view key) const {
  node_->known[std::string(key)] = true;
  const auto found = node_->object->find(std::string(key));
  return found == node_->object->end() || found->is_null() ? nullptr : &*found;
}

template <typename T>
T Config::Get(std::string_view key) const {
  Read(key);
  return bantam::Get<T>(*node_->object, key, node_->where);
}

template <typename T>
T Config::Get(std::string_view key, T otherwise) const {
  Read(key);
  return bantam::Get<T>(*node_->object, key, node_->where, std::move(otherwise));
}

template <typename T>
std::vector<T> Config::GetList(std::string_view key) const {
  const Json* list = Read(key);
  std::vector<T> values;
  if (list == nullptr) return values;
  if (!list->is_array())
    Fail(ErrorCode::kFormat, fmt::format("is {}, a list is needed", list->type_name()), Where(key));
  for (const Json& element : *list) {
    const std::string index = std::to_string(values.size());
    values.push_back(bantam::Get<T>(Json::object({{index, element}}), index, Where(key)));
  }
  return values;
}

std::shared_ptr<Config::Node> Config::Open(const std::string& step, const Json& value) const {
  if (!value.is_object()) {
    Fail(ErrorCode::kFormat, fmt::format("is {}, a map of keys is needed", value.type_name()), Where(step));
  }
  std::shared_ptr<Node>& child = node_->children[step];
  if (child == nullptr) {
    child = std::make_shared<Node>();
    child->root = node_->root;
    child->object = &value;
    child->file = node_->file;
    child->path = node_->PathOf(step);
    child->where = Where(step);
  }
  return child;
}

Config Config::Child(std::string_view key) const {
  auto child = OptionalChild(key);
  if (!child) Fail(ErrorCode::kFormat, fmt::format("\"{}\" is missing", key), node_->where);
  return *std::move(child);
}

std::optional<Config> Config::OptionalChild(std::string_view key) const {
  const Json* value = Read(key);
  if (value == nullptr) return std::nullopt;
  return Config(Open(std::string(key), *value));
}

std::vector<Config> Config::Children(std::string_view key) const {
  const Json* list = Read(key);
  std::vector<Config> children;
  if (list == nullptr) return children;
  if (!list->is_array())
    Fail(ErrorCode::kFormat, fmt::format("is {}, a list is needed", list->type_name()), Where(key));
  for (const Json& element : *list) {
    children.push_back(Config(Open(fmt::format("{}.{}", key, children.size()), element)));
  }
  return children;
}

const Json& Config::Raw(std::string_view key) const {
  Read(key);
  const auto found = node_->object->find(std::string(key));
  if (found == node_->object->end()) {
    Fail(ErrorCode::kFormat, fmt::format("\"{}\" is missing", key), node_->where);
  }
  return *found;
}

void Config::Finish() const {
  std::vector<std::string> unread;
  std::string hint;
  node_->CollectUnread(&unread, &hint);
  if (unread.empty()) return;
  const std::vector<std::string> others(unread.begin() + 1, unread.end());
  Fail(ErrorCode::kUsage,
       others.empty() ? "unknown key" : fmt::format("unknown key; so are {}", fmt::join(others, ", ")),
       fmt::format("{}: {}", node_->file, unread.front()), hint);
}

template bool Config::Get(std::string_view) const;
template int64_t Config::Get(std::string_view) const;
template double Config::Get(std::string_view) const;
template std::string Config::Get(std::string_view) const;
template bool Config::Get(std::string_view, bool) const;
template int64_t Config::Get(std::string_view, int64_t) const;
template double Config::Get(std::string_view, double) const;
template std::string Config::Get(std::string_view, std::string) const;
template std::vector<bool> Config::GetList(std::string_view) const;
template std::vector<int64_t> Config::GetList(std::string_view) const;
template std::vector<double> Config::GetList(std::string_view) const;
template std::vector<std::string> Config::GetList(std::string_view) const;

}  // namespace bantam
