// Logits of the float forward pass, for measurements.
#pragma once

#include <memory>
#include <string>

#include "measure/logit_source.h"
#include "transformer/transformer.h"

namespace bantam {

// `description` goes into reports. One window's logits are held at a time: tokens x vocabulary x 4 bytes.
std::unique_ptr<LogitSource> MakeTransformerSource(std::shared_ptr<const Transformer> transformer,
                                                   std::string description);

}  // namespace bantam
