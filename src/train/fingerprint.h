// SHA-256 of files: how a resumed run notices that what it reads has changed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bantam {

std::string Sha256Hex(std::string_view text);

// By path, as seen from `folder`, so that it does not matter from where a command is given.
std::map<std::string, std::string> HashFiles(const std::vector<std::filesystem::path>& files,
                                             const std::filesystem::path& folder);

}  // namespace bantam
