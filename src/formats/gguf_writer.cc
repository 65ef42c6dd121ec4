#include <fmt/core.h>

#include <algorithm>

#include "base/utf8.h"
#include "formats/gguf.h"
#include "formats/gguf_layout.h"
#include "formats/names.h"

namespace bantam {

GgufWriter::GgufWriter(std::filesystem::path path, const GgufMetadata& metadata)
    : path_(std::move(path)),
      metadata_count_(metadata.entries().size()),
      alignment_(GgufAlignment(metadata)),
      metadata_bytes_(EncodeGgufMetadata(metadata)) {}

GgufWriter::~GgufWriter() = default;

void GgufWriter::FailTensor(ErrorCode code, std::string_view name, std::string what, std::string hint) const {
  Fail(code, std::move(what), fmt::format("{}, tensor '{}'", path_.string(), name), std::move(hint));
}

void GgufWriter::Declare(std::string name, DType dtype, Shape shape) {
  if (file_ != nullptr) FailTensor(ErrorCode::kInternal, name, "is declared after Begin()");
  if (name.empty() || name.size() > kGgufMaximalTensorName || !IsCleanName(name)) {
    FailTensor(
        ErrorCode::kUnsupported, SanitizeUtf8(name),
        fmt::format("a tensor name must be UTF-8 of 1 to {} bytes without control characters, as llama.cpp needs it",
                    kGgufMaximalTensorName));
  }
  const DTypeInfo& type = Info(dtype);
  if (static_cast<uint32_t>(dtype) >= 1000) {
    FailTensor(ErrorCode::kUnsupported, name, fmt::format("GGUF has no type {}", type.name),
               "convert it to F32 or F16");
  }
  const bool positive = std::all_of(shape.begin(), shape.end(), [](int64_t size) { return size > 0; });
  if (!positive || shape.size() > kGgufMaximalDimensions) {
    FailTensor(ErrorCode::kUnsupported, name,
               fmt::format("shape {}: at most {} dimensions are allowed, none of them 0", ToString(shape),
                           kGgufMaximalDimensions));
  }
  const int64_t row_values = shape.empty() ? 1 : shape.back();
  if (row_values % type.block_values != 0) {
    FailTensor(ErrorCode::kUnsupported, name,
               fmt::format("rows of {} values cannot be stored as {}, whose blocks have {}", row_values, type.name,
                           type.block_values));
  }
  if (!names_.insert(name).second) FailTensor(ErrorCode::kInternal, name, "is declared twice");
  GgufTensorInfo info{std::move(name), dtype, std::move(shape), data_bytes_, 0, 0};
  if (!GgufTensorBytes(info.shape, type, &info.bytes)) {
    FailTensor(ErrorCode::kUnsupported, info.name, fmt::format("shape {} is too large", ToString(info.shape)));
  }
  data_bytes_ += RoundUp(info.bytes, alignment_);
  infos_bytes_ += EncodeGgufTensorInfo(info);
  tensors_.push_back(std::move(info));
}

uint64_t GgufWriter::TotalBytes() const {
  const uint64_t header_bytes = kGgufPreambleBytes + metadata_bytes_.size() + infos_bytes_.size();
  // A file without tensors has no data section and no padding: so do the vocabulary files of llama.cpp's converter.
  return tensors_.empty() ? header_bytes : RoundUp(header_bytes, alignment_) + data_bytes_;
}

void GgufWriter::Begin() {
  if (file_ != nullptr) Fail(ErrorCode::kInternal, "Begin() was called twice", path_.string());
  file_ = std::make_unique<AtomicFile>(path_);
  file_->Write(EncodeGgufPreamble(tensors_.size(), metadata_count_));
  file_->Write(metadata_bytes_);
  file_->Write(infos_bytes_);
  if (!tensors_.empty()) Pad();
}

void GgufWriter::Pad() { file_->WriteZeros(RoundUp(file_->offset(), alignment_) - file_->offset()); }

void GgufWriter::WriteTensor(std::string_view name, std::span<const std::byte> bytes) {
  if (current_ == tensors_.size() || current_done_ != 0 || tensors_[current_].name != name) {
    FailTensor(ErrorCode::kInternal, name, "is written out of the declared order");
  }
  if (bytes.size() != tensors_[current_].bytes) {
    FailTensor(ErrorCode::kInternal, name,
               fmt::format("{} bytes were given, {} were declared", bytes.size(), tensors_[current_].bytes));
  }
  Append(bytes);
}

void GgufWriter::Append(std::span<const std::byte> bytes) {
  if (file_ == nullptr) Fail(ErrorCode::kInternal, "tensors are written before Begin()", path_.string());
  if (bytes.empty()) return;
  if (current_ == tensors_.size()) Fail(ErrorCode::kInternal, "more bytes than the tensors declared", path_.string());
  const GgufTensorInfo& info = tensors_[current_];
  if (bytes.size() > info.bytes - current_done_) {
    FailTensor(ErrorCode::kInternal, info.name, fmt::format("more than its {} bytes were given", info.bytes));
  }
  file_->Write(bytes);
  current_done_ += bytes.size();
  if (current_done_ == info.bytes) {
    Pad();
    ++current_;
    current_done_ = 0;
  }
}

void GgufWriter::Commit() {
  if (file_ == nullptr) Fail(ErrorCode::kInternal, "Commit() was called before Begin()", path_.string());
  if (current_ != tensors_.size()) FailTensor(ErrorCode::kInternal, tensors_[current_].name, "was not written");
  file_->Commit();
}

}  // namespace bantam
