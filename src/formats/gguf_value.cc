#include <bit>
#include <cmath>

#include "formats/gguf.h"
#include "formats/gguf_layout.h"

namespace bantam {
namespace {

template <typename T>
GgufValue NumberArray(GgufType element, std::span<const T> values) {
  GgufArray array;
  array.element = element;
  array.count = values.size();
  const auto bytes = std::as_bytes(values);
  array.numbers.assign(bytes.begin(), bytes.end());
  return {GgufType::kArray, std::move(array)};
}

}  // namespace

GgufValue GgufValue::U32(uint32_t v) { return {GgufType::kU32, uint64_t{v}}; }
GgufValue GgufValue::F32(float v) { return {GgufType::kF32, WidenFloat(v)}; }
GgufValue GgufValue::Bool(bool v) { return {GgufType::kBool, v}; }
GgufValue GgufValue::String(std::string v) { return {GgufType::kString, std::move(v)}; }

GgufValue GgufValue::Strings(std::vector<std::string> v) {
  GgufArray array;
  array.element = GgufType::kString;
  array.count = v.size();
  array.strings = std::move(v);
  return {GgufType::kArray, std::move(array)};
}

GgufValue GgufValue::I32s(const std::vector<int32_t>& v) { return NumberArray<int32_t>(GgufType::kI32, v); }
GgufValue GgufValue::F32s(const std::vector<float>& v) { return NumberArray<float>(GgufType::kF32, v); }

GgufValue GgufValue::Bools(const std::vector<bool>& v) {
  const std::vector<uint8_t> bytes(v.begin(), v.end());
  return NumberArray<uint8_t>(GgufType::kBool, bytes);
}

std::string_view GgufTypeName(GgufType type) {
  switch (type) {
    case GgufType::kU8:
      return "u8";
    case GgufType::kI8:
      return "i8";
    case GgufType::kU16:
      return "u16";
    case GgufType::kI16:
      return "i16";
    case GgufType::kU32:
      return "u32";
    case GgufType::kI32:
      return "i32";
    case GgufType::kF32:
      return "f32";
    case GgufType::kBool:
      return "bool";
    case GgufType::kString:
      return "str";
    case GgufType::kArray:
      return "arr";
    case GgufType::kU64:
      return "u64";
    case GgufType::kI64:
      return "i64";
    case GgufType::kF64:
      return "f64";
  }
  return "unknown";
}

bool IsGgufNumber(GgufType type) {
  return type <= GgufType::kF64 && type != GgufType::kString && type != GgufType::kArray;
}

bool GgufTensorBytes(const Shape& shape, const DTypeInfo& type, uint64_t* bytes) {
  int64_t elements = 0, total = 0;
  if (!CheckedElementCount(shape, &elements)) return false;
  if (__builtin_mul_overflow(elements / type.block_values, type.block_bytes, &total)) return false;
  *bytes = static_cast<uint64_t>(total);
  return true;
}

// A NaN keeps sign and fraction: the 23 fraction bits of binary32 become the upper ones of binary64's 52.
double WidenFloat(float value) {
  if (!std::isnan(value)) return value;
  const uint64_t bits = std::bit_cast<uint32_t>(value);
  return std::bit_cast<double>((bits >> 31) << 63 | uint64_t{0x7ff} << 52 | (bits & 0x7fffff) << 29);
}

float NarrowFloat(double value) {
  if (!std::isnan(value)) return static_cast<float>(value);
  const uint64_t bits = std::bit_cast<uint64_t>(value);
  uint32_t fraction = static_cast<uint32_t>(bits >> 29) & 0x7fffff;
  if (fraction == 0) fraction = 0x400000;  // a NaN whose payload lies in the lost bits must not become an infinity
  return std::bit_cast<float>(static_cast<uint32_t>(bits >> 63) << 31 | uint32_t{0xff} << 23 | fraction);
}

}  // namespace bantam
