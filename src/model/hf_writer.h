// A model as a Hugging Face folder: the way back of Model::Open, for models that were trained or changed.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/architecture.h"

namespace bantam {

struct HfTensorValues {
  std::vector<float> values;   // in GGUF layout
  DType dtype = DType::kBF16;  // F32, F16 or BF16: as it is stored
};

// Writes config.json and model.safetensors into `folder`, which is created; each file replaces an older one as a whole, the
// config last. `source` is asked for every tensor of the architecture by its GGUF name. `extra` is added to what
// Family::ToHf says in config.json. kUnsupported for an architecture that Hugging Face has no words for.
void WriteHfModel(const std::filesystem::path& folder, const Architecture& architecture,
                  const std::function<HfTensorValues(const TensorSpec& spec)>& source,
                  const Json& extra = Json::object());

}  // namespace bantam
