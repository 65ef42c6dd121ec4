#include "runtime/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

#include "base/error.h"

namespace bantam {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

void Require(bool fine, const char* option, double value, const char* allowed) {
  if (!fine) Fail(ErrorCode::kUsage, std::to_string(value) + " is out of range", option, allowed);
}

struct Candidate {
  int32_t id;
  double logit;
};

// The order of a distribution: best first, the lower id first among equals.
bool Better(const Candidate& a, const Candidate& b) { return a.logit != b.logit ? a.logit > b.logit : a.id < b.id; }

void KeepTopK(std::vector<Candidate>& candidates, int64_t k) {
  if (k == 0 || k >= static_cast<int64_t>(candidates.size())) return;
  std::partial_sort(candidates.begin(), candidates.begin() + k, candidates.end(), Better);
  candidates.resize(static_cast<size_t>(k));
}

// exp(logit - largest); sums to at least 1.
std::vector<double> Weights(const std::vector<Candidate>& candidates, double temperature) {
  const double largest = std::min_element(candidates.begin(), candidates.end(), Better)->logit;
  std::vector<double> weights;
  weights.reserve(candidates.size());
  for (const Candidate& c : candidates) weights.push_back(std::exp((c.logit - largest) / temperature));
  return weights;
}

double Total(const std::vector<double>& weights) {
  double total = 0.0;
  for (const double weight : weights) total += weight;
  return total;
}

// The smallest set of best tokens whose probabilities reach p; at least one.
void KeepTopP(std::vector<Candidate>& candidates, double p) {
  if (p >= 1.0) return;
  std::sort(candidates.begin(), candidates.end(), Better);
  const std::vector<double> weights = Weights(candidates, 1.0);
  const double enough = p * Total(weights);
  double reached = 0.0;
  size_t count = 0;
  while (count < weights.size()) {
    reached += weights[count++];
    if (reached >= enough) break;
  }
  candidates.resize(count);
}

// Those whose probability is at least p times the largest one.
void KeepMinP(std::vector<Candidate>& candidates, double p) {
  if (p <= 0.0) return;
  const double least = std::min_element(candidates.begin(), candidates.end(), Better)->logit + std::log(p);
  std::erase_if(candidates, [&](const Candidate& c) { return c.logit < least; });
}

}  // namespace

Sampler::Sampler(const SamplerOptions& options) : options_(options), rng_(options.seed) {
  Require(std::isfinite(options.temperature), "temperature", options.temperature, "a finite number; 0 is greedy");
  Require(options.top_k >= 0, "top_k", static_cast<double>(options.top_k), "0 (off) or more");
  Require(options.top_p >= 0.0 && options.top_p <= 1.0, "top_p", options.top_p, "0 to 1");
  Require(options.min_p >= 0.0 && options.min_p <= 1.0, "min_p", options.min_p, "0 to 1");
  Require(options.repeat_penalty > 0.0 && options.repeat_penalty < kInfinity, "repeat_penalty", options.repeat_penalty,
          "more than 0; 1 is off");
  Require(options.repeat_last_n >= -1, "repeat_last_n", static_cast<double>(options.repeat_last_n),
          "-1 (all), 0 (off) or more");
  Require(std::isfinite(options.presence_penalty), "presence_penalty", options.presence_penalty, "a finite number");
  Require(std::isfinite(options.frequency_penalty), "frequency_penalty", options.frequency_penalty, "a finite number");
  for (const auto& [id, bias] : options.logit_bias) {
    Require(id >= 0, "logit_bias", id, "token ids from 0 on");
    Require(bias < kInfinity, "logit_bias", bias, "finite numbers, or -infinity to forbid a token");
  }
}

std::vector<double> Sampler::Adjusted(std::span<const float> logits) const {
  std::vector<double> adjusted(logits.begin(), logits.end());
  for (size_t i = 0; i < adjusted.size(); ++i) {
    if (adjusted[i] < kInfinity) continue;  // false for NaN
    Fail(ErrorCode::kNumeric, "the logit of token " + std::to_string(i) + " is " + std::to_string(adjusted[i]),
         "sampler");
  }
  for (const auto& [id, bias] : options_.logit_bias) {
    if (static_cast<size_t>(id) >= adjusted.size()) {
      Fail(ErrorCode::kUsage, "there is no token " + std::to_string(id), "logit_bias",
           "the model's ids are 0 to " + std::to_string(adjusted.size() - 1));
    }
    adjusted[static_cast<size_t>(id)] += bias;
  }
  const auto look_back = options_.repeat_last_n < 0
                             ? history_.size()
                             : std::min(history_.size(), static_cast<size_t>(options_.repeat_last_n));
  std::unordered_map<int32_t, int> counts;
  for (auto token = history_.end() - static_cast<int64_t>(look_back); token != history_.end(); ++token) {
    ++counts[*token];
  }
  for (const auto& [id, count] : counts) {
    if (static_cast<size_t>(id) >= adjusted.size()) continue;
    double& logit = adjusted[static_cast<size_t>(id)];
    // Dividing a negative logit would make a repeated token more likely.
    logit = logit <= 0.0 ? logit * options_.repeat_penalty : logit / options_.repeat_penalty;
    logit -= count * options_.frequency_penalty + options_.presence_penalty;
  }
  return adjusted;
}

int32_t Sampler::Sample(std::span<const float> logits) {
  const std::vector<double> adjusted = Adjusted(logits);
  std::vector<Candidate> candidates;
  for (size_t i = 0; i < adjusted.size(); ++i) {
    if (adjusted[i] > -kInfinity) candidates.push_back({static_cast<int32_t>(i), adjusted[i]});
  }
  if (candidates.empty()) Fail(ErrorCode::kNumeric, "no token has a finite logit", "sampler");
  if (options_.temperature <= 0.0) return std::min_element(candidates.begin(), candidates.end(), Better)->id;

  KeepTopK(candidates, options_.top_k);
  KeepTopP(candidates, options_.top_p);
  KeepMinP(candidates, options_.min_p);
  const std::vector<double> weights = Weights(candidates, options_.temperature);
  double left = rng_.NextDouble() * Total(weights);
  for (size_t i = 0; i + 1 < weights.size(); ++i) {
    left -= weights[i];
    if (left < 0.0) return candidates[i].id;
  }
  return candidates.back().id;
}

void Sampler::Accept(int32_t token) { history_.push_back(token); }

void Sampler::Reset() {
  history_.clear();
  rng_ = Rng(options_.seed);
}

int32_t ArgMax(std::span<const float> logits) {
  return static_cast<int32_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

}  // namespace bantam
