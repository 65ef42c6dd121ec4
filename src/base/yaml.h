// YAML 1.2 as people write it, read into JSON values; what a file from a stranger could abuse is refused.
//
// Plain scalars are typed by the core schema: null, true and false, integers, floats; quoted ones and everything else are
// strings, `yes` and `1:30` too. Anchors and aliases, tags, a second document, keys that stand twice or are no scalars,
// and nesting beyond 64 levels are errors.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/json.h"

namespace bantam {

// The line (from 1) on which each value begins, by its dotted path: "nodes.poster.template.0". The root has the path "".
using YamlLines = std::unordered_map<std::string, int>;

// kFormat naming "where:line:column" for whatever is wrong. An empty text is null.
Json ParseYaml(std::string_view text, const std::string& where, YamlLines* lines = nullptr);

// Reads and parses a file of at most `max_bytes`.
Json ReadYamlFile(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{64} << 20,
                  YamlLines* lines = nullptr);

}  // namespace bantam
