#include "testing/tiny_model.h"

#include <fmt/core.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/rng.h"

namespace bantam::testing {
namespace {

// 3 control tokens, 256 byte tokens, the space and 26 letters.
constexpr int32_t kVocab = 3 + 256 + 26 + 1;
constexpr int32_t kHeads = 4;

template <typename T>
void Append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

std::string TokenizerBytes() {
  const Llama2cTokenizer tokenizer = TinyTokenizer();
  std::string bytes;
  Append(bytes, int32_t{6});  // longest token
  for (size_t i = 0; i < tokenizer.tokens.size(); ++i) {
    Append(bytes, tokenizer.scores[i]);
    Append(bytes, static_cast<int32_t>(tokenizer.tokens[i].size()));
    bytes += tokenizer.tokens[i];
  }
  return bytes;
}

}  // namespace

Llama2cTokenizer TinyTokenizer() {
  Llama2cTokenizer tokenizer{{"<unk>", "<s>", "</s>"}, {}};
  for (int byte = 0; byte < 256; ++byte) tokenizer.tokens.push_back(fmt::format("<0x{:02X}>", byte));
  tokenizer.tokens.push_back(" ");
  for (char letter = 'a'; letter <= 'z'; ++letter) tokenizer.tokens.push_back(std::string(1, letter));
  for (int i = 0; i < kVocab; ++i) tokenizer.scores.push_back(static_cast<float>(-i));
  return tokenizer;
}

void WriteTinyModel(const std::filesystem::path& folder, const TinyModelOptions& options) {
  const int64_t d = options.dim, h = options.hidden, l = options.layers;
  std::string bytes;
  for (const int32_t field : {options.dim, options.hidden, options.layers, kHeads, kHeads, kVocab, options.context}) {
    Append(bytes, field);
  }
  const int64_t values = kVocab * d + l * (2 * d + 4 * d * d + 3 * d * h) + d + int64_t{options.context} * (d / kHeads);
  const std::filesystem::path path = folder / "model.bin";
  if (options.zeros) {
    WriteFileAtomically(path, bytes);
    std::filesystem::resize_file(path, bytes.size() + static_cast<uint64_t>(values) * sizeof(float));
  } else {
    Rng rng(7);
    // A standard deviation of 1 / sqrt(width) keeps activations near 1.
    const double scale = 1.0 / std::sqrt(static_cast<double>(d));
    for (int64_t i = 0; i < values; ++i) Append(bytes, static_cast<float>(scale * rng.NextGaussian()));
    WriteFileAtomically(path, bytes);
  }
  WriteFileAtomically(folder / "tokenizer.bin", TokenizerBytes());
}

}  // namespace bantam::testing
