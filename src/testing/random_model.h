// Small random-weight Hugging Face folders, one or more per family, in which every switch of the family is on: what the
// tests and the comparison with llama.cpp run on instead of downloaded models.
//
// The weights are Gaussian with gains that keep every part of the network in its working range: logits with a standard
// deviation near 2 that differ from position to position, attention scores with one near 1.5 (neither uniform nor a
// single peak), router logits with one near 2 (near-ties of the top-k are rare), caps that bite.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "tensor/dtype.h"

namespace bantam::testing {

// "FAMILY" or "FAMILY:VARIANT": "llama", "llama:bias", "gemma2", ... Every family of model/families.h is among them.
std::vector<std::string> RandomModelNames();
// The same for models of public shapes, hundreds of megabytes large, whose speed is measured.
std::vector<std::string> BenchModelNames();

// config.json of a model of either list; kUsage naming the first list for an unknown one.
Json RandomModelConfig(const std::string& name);

struct RandomModelOptions {
  std::string name = "llama";
  uint64_t seed = 1;
  DType dtype = DType::kF32;  // of every tensor: F32, F16 or BF16
  int shards = 1;             // above 1: model-0000i-of-0000N.safetensors and an index
  int64_t context = 0;        // tokens; 0: the config's own
  bool bare = false;          // tensor names without their prefix, as a decoder saved without its head has them
};

// Writes config.json, generation_config.json, the weights, tokenizer.json and tokenizer_config.json into `folder`,
// which is created. The same options give the same bytes. All dimensions that become rows are multiples of 32, so that
// Q4_0 and Q8_0 apply to every matrix.
void WriteRandomHfFolder(const std::filesystem::path& folder, const RandomModelOptions& options);

}  // namespace bantam::testing
