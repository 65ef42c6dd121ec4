#include "formats/safetensors.h"

#include <fmt/core.h>

#include <cstring>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "formats/safetensors_header.h"

namespace bantam {
namespace {

constexpr uint64_t kMaximalIndexBytes = kSafetensorsMaximalHeader;  // an index lists what headers list

class MappedSafetensors : public SafetensorsSource {
 public:
  explicit MappedSafetensors(const std::filesystem::path& path) : path_(path) {}

  void AddFile(const std::filesystem::path& path) {
    auto file = MappedFile::Open(path);
    SafetensorsHeader header = ParseSafetensors(file->bytes(), path.string());
    if (files_.empty()) metadata_ = std::move(header.metadata);
    for (SafetensorsInfo& info : header.tensors) {
      const auto [found, added] = index_.try_emplace(info.name, entries_.size());
      if (!added) {
        Fail(ErrorCode::kFormat,
             fmt::format("tensor '{}' stands in {} too", info.name, FileOf(found->second).path().string()),
             path.string());
      }
      places_.push_back({files_.size(), header.data_offset + info.begin});
      entries_.push_back({std::move(info.name), info.dtype, std::move(info.shape), info.end - info.begin});
    }
    files_.push_back(std::move(file));
  }

  // Every tensor of the index must be in the shard that the index names.
  void CheckIndex(const std::map<std::string, std::string>& index) const {
    for (const auto& [name, shard] : index) {
      const auto found = index_.find(name);
      if (found == index_.end() || FileOf(found->second).path().filename() != shard) {
        Fail(ErrorCode::kFormat, fmt::format("tensor '{}' is not in {}, where the index puts it", name, shard),
             where());
      }
    }
  }

  const std::vector<TensorEntry>& entries() const override { return entries_; }
  const std::map<std::string, std::string>& metadata() const override { return metadata_; }
  std::string where() const override { return path_.string(); }

  const TensorEntry* Find(std::string_view name) const override {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &entries_[found->second];
  }

  Tensor Load(std::string_view name) const override {
    const auto found = index_.find(name);
    if (found == index_.end()) Fail(ErrorCode::kFormat, fmt::format("tensor '{}' is missing", name), where());
    const TensorEntry& entry = entries_[found->second];
    const Place& place = places_[found->second];
    const auto bytes = files_[place.file]->bytes().subspan(place.offset, entry.bytes);
    const auto address = reinterpret_cast<uintptr_t>(bytes.data());
    if (address % static_cast<uintptr_t>(Info(entry.dtype).block_bytes) == 0) {
      return {entry.dtype, entry.shape, bytes, files_[place.file]};
    }
    std::byte* data = nullptr;
    Tensor copy = Tensor::Allocate(entry.dtype, entry.shape, &data);
    std::memcpy(data, bytes.data(), bytes.size());
    return copy;
  }

 private:
  struct Place {
    size_t file;
    uint64_t offset;  // from the start of the file
  };

  const MappedFile& FileOf(size_t entry) const { return *files_[places_[entry].file]; }

  std::filesystem::path path_;
  std::vector<std::shared_ptr<const MappedFile>> files_;
  std::vector<TensorEntry> entries_;
  std::vector<Place> places_;  // one for each entry
  std::map<std::string, size_t, std::less<>> index_;
  std::map<std::string, std::string> metadata_;
};

}  // namespace

std::shared_ptr<const SafetensorsSource> SafetensorsSource::OpenFile(const std::filesystem::path& file) {
  auto source = std::make_shared<MappedSafetensors>(file);
  source->AddFile(file);
  return source;
}

std::shared_ptr<const SafetensorsSource> SafetensorsSource::OpenIndex(const std::filesystem::path& index) {
  const auto map = ParseSafetensorsIndex(ReadFile(index, kMaximalIndexBytes), index.string());
  std::set<std::string> shards;
  for (const auto& [name, shard] : map) shards.insert(shard);
  auto source = std::make_shared<MappedSafetensors>(index);
  for (const std::string& shard : shards) {
    const std::filesystem::path path = index.parent_path() / shard;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      Fail(ErrorCode::kIo, fmt::format("shard is missing, {} names it", index.filename().string()), path.string(),
           "download all shards into one folder");
    }
    source->AddFile(path);
  }
  source->CheckIndex(map);
  return source;
}

}  // namespace bantam
