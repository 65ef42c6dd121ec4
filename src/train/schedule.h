// The learning rate of each step.
//
//   warm-up   lr * (step + 1) / warmup_steps                                        steps 0 .. warmup_steps - 1
//   after it  lr * (m + (1 - m) * f(t)),  t = (step - warmup) / (steps - 1 - warmup) from 0 to 1, m = min_lr
//             f: cosine (1 + cos(pi t)) / 2 (arXiv:1608.03983), linear 1 - t, constant 1
#pragma once

#include <cstdint>

namespace bantam {

enum class ScheduleKind { kCosine, kLinear, kConstant };

struct Schedule {
  ScheduleKind kind = ScheduleKind::kCosine;
  double lr = 0.0;      // at its highest
  double min_lr = 0.1;  // share of lr at the last step
  int64_t warmup_steps = 0, steps = 0;

  double At(int64_t step) const;  // step: from 0
};

}  // namespace bantam
