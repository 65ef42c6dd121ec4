// How well a model still knows plain English: the cost of a task is often paid there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/thread_pool.h"
#include "evaluation/subject.h"

namespace bantam {

struct TextLoss {
  std::vector<double> nll;               // [scored tokens] -ln p of the token that really came, in nats
  int64_t bytes = 0;                     // of the scored tokens
  int64_t documents = 0, truncated = 0;  // truncated: longer than 512 tokens
  double seconds = 0.0;

  // Comparable between tokenizers.
  double nll_per_byte() const;
};

// Documents as training has them (text_documents.h), each from an empty context; every token after the first is scored, up
// to the 512th. `where` names the text in errors; kUsage when it holds no document.
TextLoss MeasureTextLoss(const Subject& subject, std::string_view text, const std::string& where,
                         const std::shared_ptr<ThreadPool>& pool);

Json ToJson(const TextLoss& loss);

}  // namespace bantam
