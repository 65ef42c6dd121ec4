#include "train/fingerprint.h"

#include <span>

#include "base/file.h"
#include "math/parallel.h"
#include "measure/sha256.h"

namespace bantam {

std::string Sha256Hex(std::string_view text) { return ToHex(Sha256::Of(std::as_bytes(std::span(text)))); }

std::map<std::string, std::string> HashFiles(const std::vector<std::filesystem::path>& files,
                                             const std::filesystem::path& folder) {
  std::vector<std::string> hashes(files.size());
  WorkbenchPool().Run(static_cast<int64_t>(files.size()),
                      [&](int64_t i) { hashes[i] = ToHex(Sha256::Of(MappedFile::Open(files[i])->bytes())); });
  std::map<std::string, std::string> by_path;
  for (size_t i = 0; i < files.size(); ++i)
    by_path[std::filesystem::proximate(files[i], folder).generic_string()] = hashes[i];
  return by_path;
}

}  // namespace bantam
