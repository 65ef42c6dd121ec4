#include "transformer/random_weights.h"

#include <cmath>
#include <map>
#include <string>

#include "base/rng.h"

namespace bantam {
namespace {

// FNV-1a: std::hash may differ between standard libraries.
uint64_t Hash(const std::string& name) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

}  // namespace

WeightSource RandomWeights(const Architecture& architecture, uint64_t seed) {
  std::map<std::string, TensorSpec> specs;
  for (const TensorSpec& spec : TensorSpecs(architecture)) specs[spec.name] = spec;
  return [specs, factors = architecture.rope_freq_factors, seed](const std::string& name) {
    const TensorSpec& spec = specs.at(name);
    if (spec.role == TensorRole::kRopeFactors) return factors;
    double mean = 0, deviation = 1 / std::sqrt(static_cast<double>(spec.shape.back()));
    if (spec.role == TensorRole::kEmbedding || spec.role == TensorRole::kPosition) deviation = 1;
    if (spec.role == TensorRole::kNorm) mean = 1, deviation = 0.2;
    if (name.ends_with(".bias")) mean = 0, deviation = 0.1;
    Rng rng(seed, Hash(name));
    std::vector<float> values(ElementCount(spec.shape));
    for (float& value : values) value = static_cast<float>(mean + deviation * rng.NextGaussian());
    return values;
  };
}

}  // namespace bantam
