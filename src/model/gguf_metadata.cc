#include "model/gguf_metadata.h"

#include "model/families.h"
#include "model/families/gguf_keys.h"

namespace bantam {

Architecture GgufArchitecture(Architecture architecture) {
  if (FamilyFor(architecture).GgufNeedsHead()) architecture.tied_embeddings = false;
  return architecture;
}

void WriteArchitecture(const Architecture& architecture, GgufMetadata& metadata) {
  const Family& family = FamilyFor(architecture);
  RequireGguf(!(architecture.tied_embeddings && family.GgufNeedsHead()), architecture, "with tied embeddings");
  family.ToGguf(architecture, metadata);
  metadata.Set("general.type", GgufValue::String("model"));
}

}  // namespace bantam
