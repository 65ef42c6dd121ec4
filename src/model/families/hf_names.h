// The name tables of the families that follow Llama's module names (all but GPT-2).
#pragma once

#include <vector>

#include "model/families.h"

namespace bantam {

// Embedding, attention, dense FFN and norms. `qk` is the transform of the q and k projections, `norm` that of every
// norm.
std::vector<HfName> DecoderNames(HfTransform qk, HfTransform norm);

// mlp.gate, mlp.experts.E.{gate,up,down}_proj: the Qwen and OLMoE naming of experts.
std::vector<HfName> ExpertNames();

// `base` with `more` behind it.
std::vector<HfName> Join(std::vector<HfName> base, const std::vector<HfName>& more);

}  // namespace bantam
