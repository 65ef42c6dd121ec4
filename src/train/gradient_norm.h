// The size of a gradient over all trainable values, and its limit (arXiv:1211.5063).
#pragma once

#include <span>

namespace bantam {

// Square root of the sum of squares, summed in double; NaN or infinity when an element is.
double GradientNorm(std::span<const float> gradients);

// gradients *= clip / norm where norm exceeds clip > 0.
void ClipGradients(std::span<float> gradients, double norm, double clip);

}  // namespace bantam
