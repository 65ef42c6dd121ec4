// The bytes of a GGUF file outside its tensor data (gguf.h has the layout): parsing, encoding, and what both need to
// know. Internal to formats/, apart from the fuzz target, which feeds ParseGguf from memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "formats/gguf.h"

namespace bantam {

constexpr uint32_t kGgufVersion = 3;
constexpr std::string_view kGgufMagic = "GGUF";
constexpr uint64_t kGgufPreambleBytes = 24;     // magic, version and the two counts
constexpr uint32_t kGgufMaximalDimensions = 4;  // GGML_MAX_DIMS
constexpr size_t kGgufMaximalKeyBytes = 65535;  // the specification's limit
constexpr size_t kGgufMaximalTensorName = 63;   // llama.cpp keeps names in 64 bytes with a final zero
// Arrays of arrays recurse. llama.cpp refuses them all, so this bound is far above any use and only stops hostile
// files.
constexpr int kGgufMaximalArrayDepth = 8;

std::string_view GgufTypeName(GgufType type);  // "u32", "arr": as llama.cpp prints it
// True for the types of fixed size; bool counts, string and array do not.
bool IsGgufNumber(GgufType type);

// Calls visit(T{}) with the C++ type of a number type.
template <typename Visitor>
decltype(auto) VisitGgufNumber(GgufType type, Visitor&& visit) {
  switch (type) {
    case GgufType::kU8:
      return visit(uint8_t{});
    case GgufType::kI8:
      return visit(int8_t{});
    case GgufType::kU16:
      return visit(uint16_t{});
    case GgufType::kI16:
      return visit(int16_t{});
    case GgufType::kU32:
      return visit(uint32_t{});
    case GgufType::kI32:
      return visit(int32_t{});
    case GgufType::kF32:
      return visit(float{});
    case GgufType::kBool:
      return visit(bool{});
    case GgufType::kU64:
      return visit(uint64_t{});
    case GgufType::kI64:
      return visit(int64_t{});
    case GgufType::kF64:
      return visit(double{});
    case GgufType::kString:
    case GgufType::kArray:
      break;
  }
  Fail(ErrorCode::kInternal, "a number type was expected");
}

inline uint64_t GgufNumberBytes(GgufType type) {
  return VisitGgufNumber(type, [](auto number) -> uint64_t { return sizeof(number); });
}

// float to double and back with every bit kept: a conversion would make signalling NaNs quiet, and a file that is read
// and written again must keep its bytes.
double WidenFloat(float value);
float NarrowFloat(double value);

// general.alignment, or 32 when absent. kFormat unless it is a power of two of at least 8 (the specification's rule,
// and what lets every tensor be read in place).
uint64_t GgufAlignment(const GgufMetadata& metadata);

inline uint64_t RoundUp(uint64_t value, uint64_t alignment) { return (value + alignment - 1) / alignment * alignment; }

// Bytes of a tensor whose rows the blocks divide; false when they are more than any file has.
bool GgufTensorBytes(const Shape& shape, const DTypeInfo& type, uint64_t* bytes);

// One file without its data.
struct GgufHeader {
  uint32_t version = kGgufVersion;
  uint64_t alignment = 32;
  uint64_t header_bytes = 0;  // up to the end of the last tensor info
  uint64_t data_offset = 0;   // header_bytes rounded up to the alignment
  GgufMetadata metadata;
  std::vector<GgufTensorInfo> tensors;  // in file order
};

// Parses and checks all of a file but the values of its tensors. `where` names the file in errors.
GgufHeader ParseGguf(std::span<const std::byte> file, const std::string& where);

// Encodes as version 3: the metadata entries in order, and one tensor info.
std::string EncodeGgufPreamble(uint64_t tensor_count, uint64_t metadata_count);
std::string EncodeGgufMetadata(const GgufMetadata& metadata);
std::string EncodeGgufTensorInfo(const GgufTensorInfo& info);

}  // namespace bantam
