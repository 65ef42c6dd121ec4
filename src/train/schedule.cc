#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace bantam {

double Schedule::At(int64_t step) const {
  if (step < warmup_steps) return lr * static_cast<double>(step + 1) / static_cast<double>(warmup_steps);
  const auto span = static_cast<double>(std::max<int64_t>(1, steps - 1 - warmup_steps));
  const double t = std::min(1.0, static_cast<double>(step - warmup_steps) / span);
  switch (kind) {
    case ScheduleKind::kCosine:
      return lr * (min_lr + (1.0 - min_lr) * 0.5 * (1.0 + std::cos(std::numbers::pi * t)));
    case ScheduleKind::kLinear:
      return lr * (min_lr + (1.0 - min_lr) * (1.0 - t));
    case ScheduleKind::kConstant:
      return lr;
  }
  return lr;
}

}  // namespace bantam
