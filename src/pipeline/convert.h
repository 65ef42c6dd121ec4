// Any model to a GGUF of one weight type, one tensor in memory at a time.
//
// Which tensors take the type is llama.cpp's rule: matrices of embedding, output, attention, feed-forward and experts
// do; norms, biases, routers, learned positions and RoPE factors, small and sensitive, are F32. Where the type's block
// does not divide a row the tensor becomes F16, llama.cpp's fallback, and the report counts it.
//
// A tied model of a family that llama.cpp loads only with a head gets token_embd.weight a second time as output.weight.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/thread_pool.h"
#include "model/model.h"
#include "text/vocabulary.h"

namespace bantam {

struct ConvertOptions {
  DType type = DType::kF16;       // F32, F16, BF16, Q8_0 or Q4_0
  bool allow_requantize = false;  // from one quantised type to another loses quality twice
};

struct ConvertedTensor {
  std::string name;
  Shape shape;
  DType from = DType::kF32, to = DType::kF32;
  uint64_t bytes = 0;     // as written
  bool fallback = false;  // `to` is not the type asked for, because of the row's length
  std::string copy_of;    // the tensor that is written a second time under this name; empty for most
};

struct ConvertReport {
  std::vector<ConvertedTensor> tensors;
  uint64_t source_bytes = 0, tensor_bytes = 0, file_bytes = 0;

  int64_t fallbacks() const;
  uint64_t copied_bytes() const;  // as written
};

// {"schema": "bantam.convert/1", ...}
Json ToJson(const ConvertReport& report);

// What each tensor becomes. kUnsupported naming the tensor when a quantised one would be quantised again without leave,
// or when the type cannot be written.
std::vector<ConvertedTensor> PlanConversion(const Model& model, const ConvertOptions& options);

// Writes `output`, atomically. A GGUF keeps its metadata; other sources get theirs from the architecture, the
// vocabulary and the model card. `vocabulary` replaces the tokenizer of a GGUF and is required for a source without
// one: kUsage names
// --tokenizer. kNumeric names tensor and index of a weight that is NaN, infinite or too large for the type. The bytes
// do not depend on the number of threads.
ConvertReport Convert(const Model& model, const std::optional<Vocabulary>& vocabulary, const ConvertOptions& options,
                      const std::filesystem::path& output, ThreadPool& pool);

}  // namespace bantam
