// The seam between measurements and whatever computes logits: transformer/, runtime/ or a test's table.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace bantam {

class LogitSource {
 public:
  virtual ~LogitSource() = default;
  virtual int64_t vocab_size() const = 0;
  virtual std::string description() const = 0;  // model path and engine, for reports
  // Evaluates one window from an empty context and calls `row` for every position in order.
  virtual void Evaluate(std::span<const int32_t> tokens,
                        const std::function<void(int64_t position, std::span<const float> logits)>& row) = 0;
};

}  // namespace bantam
