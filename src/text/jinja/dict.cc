#include "text/jinja/dict.h"

#include "text/jinja/compare.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {

const Value* DictObject::Find(const Value& key) const {
  const int64_t position = Position(key, Hash(key));
  return position < 0 ? nullptr : &entries_[position].second;
}

const Value* DictObject::Find(std::string_view key) const {
  const uint64_t hash = HashText(key);
  const auto matches = [&](size_t position) {
    const Value& candidate = entries_[position].first;
    return hashes_[position] == hash && candidate.is_string() && candidate.text() == key;
  };
  if (table_.empty()) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (matches(i)) return &entries_[i].second;
    }
    return nullptr;
  }
  for (size_t slot = hash;; ++slot) {
    const uint32_t position = table_[slot & (table_.size() - 1)];
    if (position == kEmpty) return nullptr;
    if (matches(position)) return &entries_[position].second;
  }
}

int64_t DictObject::Position(const Value& key, uint64_t hash) const {
  const auto matches = [&](size_t position) {
    if (hashes_[position] != hash) return false;
    runtime().Step();  // keys made to collide cost their author steps
    return Equal(runtime(), entries_[position].first, key);
  };
  if (table_.empty()) {
    for (size_t i = 0; i < entries_.size(); ++i) {
      if (matches(i)) return static_cast<int64_t>(i);
    }
    return -1;
  }
  for (size_t slot = hash;; ++slot) {
    const uint32_t position = table_[slot & (table_.size() - 1)];
    if (position == kEmpty) return -1;
    if (matches(position)) return position;
  }
}

void DictObject::Set(const Value& key, Value value) {
  const uint64_t hash = Hash(key);
  const int64_t position = Position(key, hash);
  if (position >= 0) {
    entries_[position].second = std::move(value);
    return;
  }
  Grow(sizeof(Entry) + sizeof(uint64_t) + 2 * sizeof(uint32_t));
  entries_.emplace_back(key, std::move(value));
  hashes_.push_back(hash);
  if (entries_.size() <= kScanLimit) return;
  if (2 * entries_.size() > table_.size()) {
    table_.assign(table_.empty() ? 4 * kScanLimit : 2 * table_.size(), kEmpty);
    for (uint32_t i = 0; i < entries_.size(); ++i) Index(i);
  } else {
    Index(static_cast<uint32_t>(entries_.size() - 1));
  }
}

void DictObject::Index(uint32_t position) {
  size_t slot = hashes_[position];
  while (table_[slot & (table_.size() - 1)] != kEmpty) ++slot;
  table_[slot & (table_.size() - 1)] = position;
}

}  // namespace bantam::jinja
