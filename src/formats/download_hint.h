// What to say about a file that is not the file it should be. Internal to formats/.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bantam {

// A clone without Git LFS leaves small text files in place of large ones: by far the commonest "broken" model file.
inline std::string DownloadHint(std::span<const std::byte> file) {
  constexpr std::string_view kPointer = "version https://git-lfs";
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  return text.starts_with(kPointer) ? "this is a Git LFS pointer, not the file itself: run git lfs pull" : "";
}

}  // namespace bantam
