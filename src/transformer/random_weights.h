// Random weights for an architecture, in memory: for tests that need a model and no file.
#pragma once

#include <cstdint>

#include "model/architecture.h"
#include "transformer/weights.h"

namespace bantam {

// Every tensor depends on (seed, its name) alone, so two architectures share the tensors whose names and shapes they
// share. Matrices keep the size of their input: values of standard deviation 1 / sqrt(in), embeddings 1, gains around
// 1, biases 0.1 (selection biases too, the size of the differences between router probabilities).
WeightSource RandomWeights(const Architecture& architecture, uint64_t seed);

}  // namespace bantam
