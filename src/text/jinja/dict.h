// Python's dict: keeps the order of insertion; keys are whatever is hashable, and 1, 1.0 and True are the same key.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "text/jinja/value.h"

namespace bantam::jinja {

class DictObject : public Object {
 public:
  using Entry = std::pair<Value, Value>;

  const std::vector<Entry>& entries() const { return entries_; }
  size_t size() const { return entries_.size(); }

  // Null when the key is absent; a key that cannot be hashed (a list, a dict) is a type error.
  const Value* Find(const Value& key) const;
  const Value* Find(std::string_view key) const;
  // Only while the dict is being built, and for a namespace's attributes.
  void Set(const Value& key, Value value);

 private:
  // Open addressing over positions in entries_, a power of two at least twice their number; empty while a scan is faster.
  static constexpr size_t kScanLimit = 8;
  static constexpr uint32_t kEmpty = ~uint32_t{0};

  int64_t Position(const Value& key, uint64_t hash) const;  // -1: absent
  void Index(uint32_t position);

  std::vector<Entry> entries_;
  std::vector<uint64_t> hashes_;  // of entries_
  std::vector<uint32_t> table_;
};

class NamespaceObject : public Cyclic {
 public:
  explicit NamespaceObject(Ref<DictObject> initial) : attributes(std::move(initial)) {}
  void Clear() override { attributes = {}; }
  Ref<DictObject> attributes;
};

}  // namespace bantam::jinja
