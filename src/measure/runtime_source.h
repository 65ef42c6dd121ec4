// Logits of what ships, for measurements: a runtime session that is emptied before every window.
#pragma once

#include <memory>
#include <string>

#include "measure/logit_source.h"
#include "runtime/session.h"

namespace bantam {

// `description` goes into reports.
std::unique_ptr<LogitSource> MakeRuntimeSource(std::shared_ptr<const RuntimeModel> model, const SessionOptions& options,
                                               std::string description);

}  // namespace bantam
