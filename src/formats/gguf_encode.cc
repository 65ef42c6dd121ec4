#include <fmt/core.h>

#include <limits>
#include <type_traits>

#include "base/utf8.h"
#include "formats/gguf_layout.h"
#include "formats/names.h"

namespace bantam {
namespace {

template <typename T>
void Append(std::string& out, T number) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&number), sizeof(number));
}

void AppendString(std::string& out, std::string_view text) {
  Append(out, uint64_t{text.size()});
  out.append(text);
}

// A value whose parts contradict each other was built wrongly: a defect of the caller, not of a file.
[[noreturn]] void FailValue(std::string_view key, GgufType type) {
  Fail(ErrorCode::kInternal, fmt::format("the value does not fit its type {}", GgufTypeName(type)),
       fmt::format("GGUF key '{}'", key));
}

void AppendNumber(std::string& out, std::string_view key, const GgufValue& value) {
  VisitGgufNumber(value.type, [&](auto zero) {
    using T = decltype(zero);
    using Held = std::conditional_t<std::is_same_v<T, bool>, bool,
                                    std::conditional_t<std::is_floating_point_v<T>, double,
                                                       std::conditional_t<std::is_signed_v<T>, int64_t, uint64_t>>>;
    const auto* held = std::get_if<Held>(&value.value);
    if (held == nullptr) FailValue(key, value.type);
    if constexpr (std::is_same_v<T, float>) {
      Append(out, NarrowFloat(*held));
    } else {
      if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
        if (*held < std::numeric_limits<T>::min() || *held > std::numeric_limits<T>::max()) FailValue(key, value.type);
      }
      Append(out, static_cast<T>(*held));
    }
  });
}

void AppendArray(std::string& out, std::string_view key, const GgufArray& array);

void AppendPayload(std::string& out, std::string_view key, const GgufValue& value) {
  if (value.type == GgufType::kString) {
    const auto* text = std::get_if<std::string>(&value.value);
    if (text == nullptr) FailValue(key, value.type);
    AppendString(out, *text);
  } else if (value.type == GgufType::kArray) {
    const auto* array = std::get_if<GgufArray>(&value.value);
    if (array == nullptr) FailValue(key, value.type);
    AppendArray(out, key, *array);
  } else {
    AppendNumber(out, key, value);
  }
}

void AppendArray(std::string& out, std::string_view key, const GgufArray& array) {
  Append(out, static_cast<uint32_t>(array.element));
  Append(out, array.count);
  if (array.element == GgufType::kString) {
    if (array.strings.size() != array.count) FailValue(key, array.element);
    for (const std::string& text : array.strings) AppendString(out, text);
  } else if (array.element == GgufType::kArray) {
    if (array.arrays.size() != array.count) FailValue(key, array.element);
    for (const GgufValue& inner : array.arrays) {
      if (inner.type != GgufType::kArray) FailValue(key, inner.type);
      AppendPayload(out, key, inner);
    }
  } else {
    if (array.numbers.size() != array.count * GgufNumberBytes(array.element)) FailValue(key, array.element);
    out.append(reinterpret_cast<const char*>(array.numbers.data()), array.numbers.size());
  }
}

}  // namespace

std::string EncodeGgufPreamble(uint64_t tensor_count, uint64_t metadata_count) {
  std::string out(kGgufMagic);
  Append(out, kGgufVersion);
  Append(out, tensor_count);
  Append(out, metadata_count);
  return out;
}

std::string EncodeGgufMetadata(const GgufMetadata& metadata) {
  std::string out;
  for (const auto& [key, value] : metadata.entries()) {
    if (key.empty() || key.size() > kGgufMaximalKeyBytes || !IsCleanName(key)) {
      Fail(ErrorCode::kInternal, fmt::format("'{}' cannot be a GGUF key", SanitizeUtf8(key)));
    }
    AppendString(out, key);
    Append(out, static_cast<uint32_t>(value.type));
    AppendPayload(out, key, value);
  }
  return out;
}

std::string EncodeGgufTensorInfo(const GgufTensorInfo& info) {
  std::string out;
  AppendString(out, info.name);
  Append(out, static_cast<uint32_t>(info.shape.size()));
  for (size_t i = info.shape.size(); i-- > 0;) Append(out, static_cast<uint64_t>(info.shape[i]));
  Append(out, static_cast<uint32_t>(info.dtype));
  Append(out, info.offset);
  return out;
}

}  // namespace bantam
