#include "formats/llama2c.h"

#include <fmt/core.h>

#include <map>

#include "base/error.h"
#include "base/file.h"
#include "formats/llama2c_layout.h"

namespace bantam {
namespace {

class MappedLlama2c : public Llama2cSource {
 public:
  explicit MappedLlama2c(const std::filesystem::path& path)
      : file_(MappedFile::Open(path)), layout_(ParseLlama2c(file_->bytes(), path.string())) {
    for (size_t i = 0; i < layout_.entries.size(); ++i) index_.emplace(layout_.entries[i].name, i);
  }

  const Llama2cConfig& config() const override { return layout_.config; }
  const std::vector<TensorEntry>& entries() const override { return layout_.entries; }
  std::string where() const override { return file_->path().string(); }

  const TensorEntry* Find(std::string_view name) const override {
    const auto found = index_.find(name);
    return found == index_.end() ? nullptr : &layout_.entries[found->second];
  }

  // The header has 28 bytes, so every tensor is aligned for its floats.
  Tensor Load(std::string_view name) const override {
    const auto found = index_.find(name);
    if (found == index_.end()) Fail(ErrorCode::kFormat, fmt::format("tensor '{}' is missing", name), where());
    const TensorEntry& entry = layout_.entries[found->second];
    return {entry.dtype, entry.shape, file_->bytes().subspan(layout_.offsets[found->second], entry.bytes), file_};
  }

 private:
  std::shared_ptr<const MappedFile> file_;
  Llama2cLayout layout_;
  std::map<std::string, size_t, std::less<>> index_;
};

}  // namespace

std::shared_ptr<const Llama2cSource> Llama2cSource::Open(const std::filesystem::path& path) {
  return std::make_shared<MappedLlama2c>(path);
}

Llama2cTokenizer ReadLlama2cTokenizer(const std::filesystem::path& path, int32_t vocab_size) {
  return ParseLlama2cTokenizer(MappedFile::Open(path)->bytes(), vocab_size, path.string());
}

}  // namespace bantam
