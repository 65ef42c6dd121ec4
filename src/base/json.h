// JSON through nlohmann-json, with errors of our kind and limits for files from strangers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace bantam {

using Json = nlohmann::ordered_json;

// Parses one document in linear time; kFormat naming `where` with line and column. Refused: nesting deeper than 256, a key
// that stands twice in an object, zero bytes.
Json ParseJson(std::string_view text, const std::string& where);

// Reads and parses a file of at most `max_bytes`.
Json ReadJsonFile(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 28);

// Typed access with errors that name `where` and the key. The first form requires the key; the second returns
// `otherwise` when it is absent or null. T: bool, int64_t, double, std::string. A wrong type is kFormat; a number out
// of range too.
template <typename T>
T Get(const Json& object, std::string_view key, const std::string& where);
template <typename T>
T Get(const Json& object, std::string_view key, const std::string& where, T otherwise);

// Serialises for output; invalid UTF-8 becomes U+FFFD. indent < 0: one line.
std::string DumpJson(const Json& value, int indent = 2);

}  // namespace bantam
