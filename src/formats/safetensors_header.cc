#include "formats/safetensors_header.h"

#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "base/byte_reader.h"
#include "formats/download_hint.h"
#include "formats/json_events.h"
#include "formats/names.h"

namespace bantam {
namespace {

constexpr DType kTypes[] = {DType::kF64, DType::kF32,     DType::kF16,     DType::kBF16, DType::kI64,
                            DType::kI32, DType::kI16,     DType::kI8,      DType::kU64,  DType::kU32,
                            DType::kU16, DType::kF8_E4M3, DType::kF8_E5M2, DType::kU8,   DType::kBool};

// {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ..., "__metadata__": {"format": "pt"}}
class HeaderEvents : public JsonEvents {
 public:
  HeaderEvents(const std::string& where, SafetensorsHeader* header) : JsonEvents(where), header_(header) {}

  bool start_object(size_t) override {
    switch (state_) {
      case State::kStart:
        state_ = State::kTop;
        return true;
      case State::kTensorValue:
        state_ = State::kTensor;
        return true;
      case State::kMetadataValue:
        state_ = State::kMetadata;
        return true;
      default:
        Reject("an object is not allowed here");
    }
  }

  bool key(string_t& text) override {
    if (state_ == State::kTop) {
      if (!IsCleanName(text)) Reject("a tensor name has control characters");
      name_ = text;
      if (!names_.insert(text).second) Reject("stands twice");
      if (text == "__metadata__") {
        state_ = State::kMetadataValue;
      } else {
        tensor_ = SafetensorsInfo{};
        tensor_.name = text;
        has_dtype_ = has_shape_ = false;
        offsets_.clear();
        state_ = State::kTensorValue;
      }
    } else if (state_ == State::kMetadata) {
      metadata_key_ = text;
      if (header_->metadata.contains(text)) Reject(fmt::format("key '{}' stands twice", text));
      state_ = State::kMetadataString;
    } else {
      SelectField(text);
    }
    return true;
  }

  bool end_object() override {
    if (state_ == State::kTensor) FinishTensor();
    name_.clear();
    state_ = state_ == State::kTop ? State::kEnd : State::kTop;
    return true;
  }

  bool string(string_t& text) override {
    if (state_ == State::kMetadataString) {
      header_->metadata.emplace(std::move(metadata_key_), text);
      state_ = State::kMetadata;
    } else if (state_ == State::kDtype) {
      SetType(text);
      state_ = State::kTensor;
    } else {
      Reject("a string is not allowed here");
    }
    return true;
  }

  bool start_array(size_t) override {
    if (state_ == State::kShapeValue) {
      state_ = State::kShape;
    } else if (state_ == State::kOffsetsValue) {
      state_ = State::kOffsets;
    } else {
      Reject("an array is not allowed here");
    }
    return true;
  }

  bool end_array() override {
    if (state_ == State::kOffsets && offsets_.size() != 2) Reject("\"data_offsets\" must have two numbers");
    if (state_ == State::kShape) has_shape_ = true;
    state_ = State::kTensor;
    return true;
  }

  bool number_unsigned(number_unsigned_t number) override {
    if (state_ == State::kShape) {
      if (number > static_cast<uint64_t>(INT64_MAX)) Reject(fmt::format("has a dimension of {}", number));
      tensor_.shape.push_back(static_cast<int64_t>(number));
    } else if (state_ == State::kOffsets) {
      offsets_.push_back(number);
    } else {
      Reject("a number is not allowed here");
    }
    return true;
  }

 protected:
  std::string Place() const override {
    return name_.empty() || name_ == "__metadata__" ? name_ : fmt::format("tensor '{}'", name_);
  }

 private:
  // ...Value: the key was read, its value must follow.
  enum class State {
    kStart,
    kTop,
    kTensorValue,
    kTensor,
    kDtype,
    kShapeValue,
    kShape,
    kOffsetsValue,
    kOffsets,
    kMetadataValue,
    kMetadata,
    kMetadataString,
    kEnd,
  };

  void SelectField(std::string_view field) {
    if (field == "dtype" && !has_dtype_) {
      state_ = State::kDtype;
    } else if (field == "shape" && !has_shape_) {
      state_ = State::kShapeValue;
    } else if (field == "data_offsets" && offsets_.empty()) {
      state_ = State::kOffsetsValue;
    } else {
      Reject(fmt::format("field \"{}\" is unknown or stands twice", field));
    }
  }

  void SetType(const std::string& text) {
    for (const DType dtype : kTypes) {
      if (Name(dtype) != text) continue;
      tensor_.dtype = dtype;
      has_dtype_ = true;
      return;
    }
    Reject(fmt::format("has type \"{}\", which is not supported", text), ErrorCode::kUnsupported);
  }

  void FinishTensor() {
    if (!has_dtype_) Reject("\"dtype\" is missing");
    if (!has_shape_) Reject("\"shape\" is missing");
    if (offsets_.empty()) Reject("\"data_offsets\" is missing");
    tensor_.begin = offsets_[0];
    tensor_.end = offsets_[1];
    int64_t elements = 0, bytes = 0;
    if (!CheckedElementCount(tensor_.shape, &elements) ||
        __builtin_mul_overflow(elements, Info(tensor_.dtype).block_bytes, &bytes)) {
      Reject(fmt::format("shape {} is larger than any file", ToString(tensor_.shape)));
    }
    if (tensor_.begin > tensor_.end || tensor_.end - tensor_.begin != static_cast<uint64_t>(bytes)) {
      Reject(fmt::format("shape {} of {} needs {} bytes, data offsets {} to {} do not give that",
                         ToString(tensor_.shape), Name(tensor_.dtype), bytes, tensor_.begin, tensor_.end));
    }
    header_->tensors.push_back(std::move(tensor_));
  }

  SafetensorsHeader* header_;
  State state_ = State::kStart;
  std::set<std::string> names_;
  std::string name_, metadata_key_;
  SafetensorsInfo tensor_;  // being read
  bool has_dtype_ = false, has_shape_ = false;
  std::vector<uint64_t> offsets_;
};

// The tensors must follow one another without overlap or hole and end where the file ends.
void CheckCoverage(SafetensorsHeader& header, uint64_t file_bytes, const std::string& where) {
  std::sort(header.tensors.begin(), header.tensors.end(), [](const SafetensorsInfo& a, const SafetensorsInfo& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  uint64_t end = 0;
  for (const SafetensorsInfo& tensor : header.tensors) {
    if (tensor.begin != end) {
      Fail(ErrorCode::kFormat,
           fmt::format("begins at data offset {}, {} the tensor before it ends at {}", tensor.begin,
                       tensor.begin < end ? "overlapping:" : "leaving a hole:", end),
           fmt::format("{}, tensor '{}'", where, tensor.name));
    }
    end = tensor.end;
  }
  const uint64_t data_bytes = file_bytes - header.data_offset;
  if (end != data_bytes) {
    Fail(ErrorCode::kFormat, fmt::format("has {} bytes of data, its tensors need {}", data_bytes, end), where,
         end > data_bytes ? "the file is truncated: download it again" : "");
  }
}

}  // namespace

SafetensorsHeader ParseSafetensors(std::span<const std::byte> file, const std::string& where) {
  ByteReader reader(file, where);
  const auto length = reader.Read<uint64_t>("the header length");
  if (length > kSafetensorsMaximalHeader || length > reader.remaining()) {
    Fail(ErrorCode::kFormat,
         fmt::format("the header length {} is impossible: the file has {} bytes left and {} are the limit", length,
                     reader.remaining(), kSafetensorsMaximalHeader),
         where + ", byte 0", DownloadHint(file));
  }
  const auto bytes = reader.Take(length, "the header");
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (!text.starts_with('{')) Fail(ErrorCode::kFormat, "the header does not begin with '{'", where + ", byte 8");

  SafetensorsHeader header;
  header.data_offset = kSafetensorsLengthBytes + length;
  HeaderEvents(where + ", header", &header).Read(text);
  CheckCoverage(header, file.size(), where);
  return header;
}

std::optional<std::string_view> SafetensorsTypeName(DType dtype) {
  if (std::find(std::begin(kTypes), std::end(kTypes), dtype) == std::end(kTypes)) return std::nullopt;
  return Name(dtype);
}

}  // namespace bantam
