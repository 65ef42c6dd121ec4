// A model under evaluation: what runs, how it reads, and what it is called in reports.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/session.h"
#include "text/tokenizer.h"

namespace bantam {

struct Subject {
  std::string name;
  std::shared_ptr<const RuntimeModel> weights;
  std::shared_ptr<const Tokenizer> tokenizer;
};

}  // namespace bantam
