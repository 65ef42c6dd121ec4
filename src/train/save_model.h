// A trained model as a Hugging Face folder that Bantam, transformers and llama.cpp's converter read.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "model/architecture.h"
#include "text/vocabulary.h"
#include "train/parametrization.h"

namespace bantam {

// Weights in BF16, routers in F32; matrices under QAT in F32 before their rounding, so that an encoder of their grid (fake_quant.h)
// finds the integers that training ended with. Files of the tokenizer and generation_config.json are copied from
// `tokenizer_folder`.
void SaveTrainedModel(const std::filesystem::path& folder, const Architecture& architecture,
                      const ParameterLayout& layout, Parametrization& parametrization, std::span<const float> values,
                      const Vocabulary& vocabulary, const std::filesystem::path& tokenizer_folder);

// Those of a Hugging Face folder that belong to its tokenizer and exist.
std::vector<std::filesystem::path> TokenizerFiles(const std::filesystem::path& folder);

}  // namespace bantam
