#include <fmt/core.h>

#include <bit>
#include <cstring>
#include <type_traits>

#include "formats/gguf.h"
#include "formats/gguf_layout.h"

namespace bantam {
namespace {

[[noreturn]] void FailKey(const GgufMetadata& metadata, std::string_view key, std::string what) {
  Fail(ErrorCode::kFormat, std::move(what), fmt::format("{}, key '{}'", metadata.where(), key));
}

[[noreturn]] void FailType(const GgufMetadata& metadata, std::string_view key, const GgufValue& value,
                           std::string_view wanted) {
  std::string type(GgufTypeName(value.type));
  if (const auto* array = std::get_if<GgufArray>(&value.value))
    type += fmt::format("[{}]", GgufTypeName(array->element));
  FailKey(metadata, key, fmt::format("has type {}, {} is needed", type, wanted));
}

const GgufValue& Required(const GgufMetadata& metadata, std::string_view key) {
  const GgufValue* value = metadata.Find(key);
  if (value == nullptr) FailKey(metadata, key, "is missing");
  return *value;
}

uint64_t AsUint(const GgufMetadata& metadata, std::string_view key, const GgufValue& value) {
  if (const auto* number = std::get_if<uint64_t>(&value.value)) return *number;
  const auto* number = std::get_if<int64_t>(&value.value);
  if (number == nullptr) FailType(metadata, key, value, "an integer");
  if (*number < 0) FailKey(metadata, key, fmt::format("is {}, which must not be negative", *number));
  return static_cast<uint64_t>(*number);
}

template <typename T>
const T& As(const GgufMetadata& metadata, std::string_view key, const GgufValue& value, std::string_view wanted) {
  const T* held = std::get_if<T>(&value.value);
  if (held == nullptr) FailType(metadata, key, value, wanted);
  return *held;
}

// Calls take(T) for every number of the array.
template <typename Take>
void ForEachNumber(const GgufArray& array, Take&& take) {
  VisitGgufNumber(array.element, [&](auto zero) {
    for (uint64_t i = 0; i < array.count; ++i) {
      decltype(zero) number;
      std::memcpy(&number, array.numbers.data() + i * sizeof(number), sizeof(number));
      take(number);
    }
  });
}

bool IsFloat(GgufType type) { return type == GgufType::kF32 || type == GgufType::kF64; }

}  // namespace

void GgufMetadata::Set(std::string key, GgufValue value) {
  const auto [found, added] = index_.try_emplace(key, entries_.size());
  if (added) {
    entries_.emplace_back(std::move(key), std::move(value));
  } else {
    entries_[found->second].second = std::move(value);
  }
}

void GgufMetadata::Erase(std::string_view key) {
  const auto found = index_.find(key);
  if (found == index_.end()) return;
  const size_t position = found->second;
  index_.erase(found);
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(position));
  for (auto& [name, place] : index_) {
    if (place > position) --place;
  }
}

const GgufValue* GgufMetadata::Find(std::string_view key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second].second;
}

uint64_t GgufMetadata::GetUint(std::string_view key) const { return AsUint(*this, key, Required(*this, key)); }

uint64_t GgufMetadata::GetUint(std::string_view key, uint64_t otherwise) const {
  const GgufValue* value = Find(key);
  return value == nullptr ? otherwise : AsUint(*this, key, *value);
}

double GgufMetadata::GetFloat(std::string_view key) const {
  return As<double>(*this, key, Required(*this, key), "a float");
}

double GgufMetadata::GetFloat(std::string_view key, double otherwise) const {
  const GgufValue* value = Find(key);
  return value == nullptr ? otherwise : As<double>(*this, key, *value, "a float");
}

bool GgufMetadata::GetBool(std::string_view key, bool otherwise) const {
  const GgufValue* value = Find(key);
  return value == nullptr ? otherwise : As<bool>(*this, key, *value, "a bool");
}

std::string GgufMetadata::GetString(std::string_view key) const {
  return As<std::string>(*this, key, Required(*this, key), "a string");
}

std::string GgufMetadata::GetString(std::string_view key, std::string otherwise) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return otherwise;
  return As<std::string>(*this, key, *value, "a string");
}

const std::vector<std::string>& GgufMetadata::GetStrings(std::string_view key) const {
  static const std::vector<std::string> kNone;
  const GgufValue* value = Find(key);
  if (value == nullptr) return kNone;
  const auto& array = As<GgufArray>(*this, key, *value, "an array of strings");
  if (array.element != GgufType::kString) FailType(*this, key, *value, "an array of strings");
  return array.strings;
}

std::vector<int64_t> GgufMetadata::GetInts(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return {};
  const auto& array = As<GgufArray>(*this, key, *value, "an array of integers");
  if (!IsGgufNumber(array.element) || IsFloat(array.element)) FailType(*this, key, *value, "an array of integers");
  std::vector<int64_t> result;
  result.reserve(array.count);
  ForEachNumber(array, [&](auto number) {
    if constexpr (std::is_same_v<decltype(number), uint64_t>) {
      if (number > static_cast<uint64_t>(INT64_MAX))
        FailKey(*this, key, fmt::format("holds {}, which is too large", number));
    }
    result.push_back(static_cast<int64_t>(number));
  });
  return result;
}

std::vector<float> GgufMetadata::GetFloats(std::string_view key) const {
  const GgufValue* value = Find(key);
  if (value == nullptr) return {};
  const auto& array = As<GgufArray>(*this, key, *value, "an array of floats");
  if (!IsFloat(array.element)) FailType(*this, key, *value, "an array of floats");
  std::vector<float> result;
  result.reserve(array.count);
  ForEachNumber(array, [&](auto number) { result.push_back(static_cast<float>(number)); });
  return result;
}

uint64_t GgufAlignment(const GgufMetadata& metadata) {
  constexpr std::string_view kKey = "general.alignment";
  const GgufValue* value = metadata.Find(kKey);
  if (value == nullptr) return 32;
  if (value->type != GgufType::kU32) FailType(metadata, kKey, *value, "u32");
  const uint64_t alignment = std::get<uint64_t>(value->value);
  if (alignment < 8 || !std::has_single_bit(alignment)) {
    FailKey(metadata, kKey, fmt::format("is {}, a power of two of at least 8 is needed", alignment));
  }
  return alignment;
}

}  // namespace bantam
