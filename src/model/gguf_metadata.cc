#include "model/gguf_metadata.h"

#include "model/families.h"

namespace bantam {

void WriteArchitecture(const Architecture& architecture, GgufMetadata& metadata) {
  FamilyFor(architecture).ToGguf(architecture, metadata);
  metadata.Set("general.type", GgufValue::String("model"));
}

}  // namespace bantam
