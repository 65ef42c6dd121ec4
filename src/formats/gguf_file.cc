#include <fmt/core.h>

#include <algorithm>

#include "formats/gguf.h"
#include "formats/gguf_layout.h"

namespace bantam {
namespace {

// Keys and file names of a split model, as llama.cpp's gguf-split writes them. Part numbers count from 0 in the keys
// and from 1 in the names.
constexpr std::string_view kSplitNumber = "split.no";
constexpr std::string_view kSplitCount = "split.count";
constexpr std::string_view kSplitTensors = "split.tensors.count";

std::string SplitSuffix(uint64_t number, uint64_t count) {
  return fmt::format("-{:05}-of-{:05}.gguf", number + 1, count);
}

// Path of another part: `path` must end with the suffix of part `number`.
std::filesystem::path SplitPath(const std::filesystem::path& path, uint64_t number, uint64_t count, uint64_t wanted) {
  const std::string name = path.filename().string(), suffix = SplitSuffix(number, count);
  if (!name.ends_with(suffix)) {
    Fail(ErrorCode::kFormat,
         fmt::format("is part {} of {} of a split model, but its name does not end with \"{}\"", number + 1, count,
                     suffix),
         path.string(), "give the parts their names back");
  }
  return path.parent_path() / (name.substr(0, name.size() - suffix.size()) + SplitSuffix(wanted, count));
}

void RequireEqual(const GgufMetadata& metadata, std::string_view key, uint64_t wanted) {
  const uint64_t found = metadata.GetUint(key);
  if (found != wanted) {
    Fail(ErrorCode::kFormat, fmt::format("is {}, {} was expected", found, wanted),
         fmt::format("{}, key '{}'", metadata.where(), key), "parts of different models seem to be mixed");
  }
}

}  // namespace

std::shared_ptr<const GgufFile> GgufFile::Open(const std::filesystem::path& path) {
  auto file = std::make_shared<GgufFile>();
  file->path_ = path;
  file->metadata_ = file->AddPart(path);
  const uint64_t part_count = file->metadata_.GetUint(kSplitCount, 1);
  if (part_count > 1) file->AddOtherParts(part_count);
  return file;
}

GgufMetadata GgufFile::AddPart(const std::filesystem::path& path) {
  auto mapped = MappedFile::Open(path);
  GgufHeader header = ParseGguf(mapped->bytes(), path.string());
  if (parts_.empty()) {
    version_ = header.version;
    alignment_ = header.alignment;
  }
  for (GgufTensorInfo& info : header.tensors) {
    info.part = static_cast<int>(parts_.size());
    const auto [found, added] = index_.try_emplace(info.name, tensors_.size());
    if (!added) {
      Fail(ErrorCode::kFormat,
           fmt::format("tensor '{}' stands in part {} too", info.name, tensors_[found->second].part + 1),
           path.string());
    }
    tensors_.push_back(std::move(info));
  }
  parts_.push_back(std::move(mapped));
  data_offsets_.push_back(header.data_offset);
  return std::move(header.metadata);
}

void GgufFile::AddOtherParts(uint64_t part_count) {
  const uint64_t number = metadata_.GetUint(kSplitNumber);
  if (number != 0) {
    const std::filesystem::path first = SplitPath(path_, number, part_count, 0);
    Fail(ErrorCode::kUsage, fmt::format("is part {} of {} of a split model", number + 1, part_count), path_.string(),
         "give its first part, " + first.string());
  }
  for (uint64_t part = 1; part < part_count; ++part) {
    const std::filesystem::path path = SplitPath(path_, 0, part_count, part);
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      Fail(ErrorCode::kIo, fmt::format("part {} of {} is missing", part + 1, part_count), path.string(),
           "put all parts into one folder");
    }
    const GgufMetadata metadata = AddPart(path);
    RequireEqual(metadata, kSplitNumber, part);
    RequireEqual(metadata, kSplitCount, part_count);
  }
  RequireEqual(metadata_, kSplitTensors, tensors_.size());
}

const GgufTensorInfo* GgufFile::Find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &tensors_[found->second];
}

Tensor GgufFile::Load(const GgufTensorInfo& info) const {
  const auto part = static_cast<size_t>(info.part);
  const auto bytes = parts_[part]->bytes().subspan(data_offsets_[part] + info.offset, info.bytes);
  return {info.dtype, info.shape, bytes, parts_[part]};
}

uint64_t GgufFile::file_bytes() const {
  uint64_t total = 0;
  for (const auto& part : parts_) total += part->bytes().size();
  return total;
}

}  // namespace bantam
