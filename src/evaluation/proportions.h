// Shares of yes and no: how sure one may be of one, and whether two on the same inputs differ.
#pragma once

#include <cstdint>
#include <vector>

#include "base/json.h"

namespace bantam {

// A share with its 95 % Wilson score interval (Wilson, "Probable inference, the law of succession, and statistical inference",
// JASA 1927): with z = 1.96, p = hits / n,
//     (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n).
// Unlike p -+ z sqrt(p(1-p)/n) it holds its coverage near 0 and 1, where the shares of an evaluation lie, and never leaves [0, 1].
struct Proportion {
  int64_t hits = 0, n = 0;

  double share() const;  // NaN for n = 0, as the bounds are
  double low() const;
  double high() const;
};

// {"hits", "n", "share", "low", "high"}; null where n = 0.
Json ToJson(const Proportion& proportion);

Proportion ShareOf(const std::vector<bool>& outcomes);

// Two models on the same inputs. Only the inputs on which they differ say which one is better: exact McNemar test (McNemar,
// Psychometrika 1947), two-sided, p = min(1, 2 P(X <= min(lost, gained))) with X ~ Binomial(lost + gained, 1/2).
struct PairedChange {
  int64_t kept = 0, lost = 0, gained = 0, neither = 0;  // both pass, only the first, only the second, none
  double p_value() const;                               // 1 when nothing differs
};
PairedChange Compare(const std::vector<bool>& first, const std::vector<bool>& second);  // equal lengths

Json ToJson(const PairedChange& change);

}  // namespace bantam
