// The sampler's flags.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "runtime/sampler.h"

namespace bantam::cli {

struct SamplingOptions {
  SamplerOptions sampler;
  int64_t seed = -1;  // -1: from the operating system
  std::vector<std::string> logit_bias;
};
void AddSamplingOptions(CLI::App& verb, SamplingOptions& options);

// The settings as they will be used, checked, the seed drawn when it is to be. kUsage naming the flag.
SamplerOptions Resolve(const SamplingOptions& options);

Json ToJson(const SamplerOptions& sampler);

}  // namespace bantam::cli
