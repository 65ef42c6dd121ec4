// YAML from strangers becomes JSON or an Error, in time and stack that its size bounds; what was read can be written as JSON.
#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "base/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    bantam::YamlLines lines;
    const bantam::Json json = bantam::ParseYaml({reinterpret_cast<const char*>(data), size}, "f.yaml", &lines);
    const std::string text = bantam::DumpJson(json, -1);
    if (bantam::ParseJson(text, "dump") != json || (size > 0 && !json.is_null() && lines.empty())) __builtin_trap();
  } catch (const bantam::Error&) {
  }
  return 0;
}
