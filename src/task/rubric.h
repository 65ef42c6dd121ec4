// The verdict of a rubric: separate criteria, and a text passes only when every one of them does. The minimum, never an
// average: one invented fact is not made good by fine wording (Munk, Valdivia, Burelli, arXiv:2601.23206, section on the
// judge).
#pragma once

#include <string>
#include <vector>

namespace bantam {

struct Criterion {
  std::string name;
  bool pass = true;
  std::string reason = {};  // what failed; empty when it passes
};

struct RubricResult {
  std::vector<Criterion> criteria;

  bool pass() const;
  std::string reason() const;  // "items: no sentence has ...; length: ..."; empty when it passes
};

}  // namespace bantam
