// The metadata of a GGUF that follows from its architecture alone.
#pragma once

#include "formats/gguf.h"
#include "model/architecture.h"

namespace bantam {

// The architecture of the GGUF that becomes of such a model: untied where llama.cpp has no tied form of it.
// output.weight is then a copy of token_embd.weight.
Architecture GgufArchitecture(Architecture architecture);

// Sets general.architecture, general.type, general.name and every key of the architecture, as llama.cpp reads them
// (families.h). The caller adds the tokenizer (llama.cpp refuses a model without), general.file_type and, when a tensor
// is quantised, general.quantization_version. kUnsupported for what llama.cpp cannot hold, a tied model of such a family
// among it.
void WriteArchitecture(const Architecture& architecture, GgufMetadata& metadata);

}  // namespace bantam
