// The metadata of a GGUF that follows from its architecture alone.
#pragma once

#include "formats/gguf.h"
#include "model/architecture.h"

namespace bantam {

// Sets general.architecture, general.type, general.name and every key of the architecture, as llama.cpp reads them
// (families.h). The caller adds the tokenizer (llama.cpp refuses a model without), general.file_type and, when a tensor
// is quantised, general.quantization_version. kUnsupported for what llama.cpp cannot hold.
void WriteArchitecture(const Architecture& architecture, GgufMetadata& metadata);

}  // namespace bantam
