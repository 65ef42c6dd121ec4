// The weights of a new model (GPT-2's recipe): matrices and embeddings N(0, std), the projections that write into the residual
// stream N(0, std / sqrt(2 layers)) so that its size does not grow with depth, gains 1, biases 0.
#pragma once

#include <cstdint>
#include <vector>

#include "model/architecture.h"
#include "transformer/parameter_layout.h"

namespace bantam {

// [layout.size()]; each tensor has a stream of random numbers of its own.
std::vector<float> InitialWeights(const Architecture& architecture, const ParameterLayout& layout, double std,
                                  uint64_t seed);

}  // namespace bantam
