// Logits that depend on the token, the position and a seed alone: a model for tests of measurements.
#pragma once

#include <string>
#include <vector>

#include "base/rng.h"
#include "measure/logit_source.h"

namespace bantam::testing {

class FakeSource : public LogitSource {
 public:
  // noise: how far the logits stray from those of every other source with the same vocabulary.
  FakeSource(int64_t vocab, uint64_t seed, double noise) : vocab_(vocab), seed_(seed), noise_(noise) {}

  int64_t vocab_size() const override { return vocab_; }
  std::string description() const override { return "fake"; }

  void Evaluate(std::span<const int32_t> tokens,
                const std::function<void(int64_t, std::span<const float>)>& row) override {
    for (int64_t t = 0; t < static_cast<int64_t>(tokens.size()); ++t) row(t, Logits(t, tokens[t]));
  }

  std::vector<float> Logits(int64_t position, int32_t token) const {
    Rng common(1000 + token, position), own(seed_, position * vocab_ + token);
    std::vector<float> logits(vocab_);
    for (float& logit : logits) {
      logit = static_cast<float>(3.0 * common.NextGaussian() + noise_ * own.NextGaussian());
    }
    return logits;
  }

 private:
  int64_t vocab_;
  uint64_t seed_;
  double noise_;
};

inline std::vector<int32_t> RandomTokens(int64_t count, int64_t vocab, uint64_t seed) {
  Rng rng(seed);
  std::vector<int32_t> tokens(count);
  for (int32_t& token : tokens) token = static_cast<int32_t>(rng.NextBelow(vocab));
  return tokens;
}

}  // namespace bantam::testing
