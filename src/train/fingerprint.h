// SHA-256 of files: how a resumed run notices that what it reads has changed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bantam {

std::string HashText(std::string_view text);

// By path.
std::map<std::string, std::string> HashFiles(const std::vector<std::filesystem::path>& files);

}  // namespace bantam
