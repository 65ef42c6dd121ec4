#include "runtime/isa.h"

#include <string>

#include "base/env.h"
#include "base/error.h"

namespace bantam {
namespace {

bool CpuHas(Isa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case Isa::kScalar:
      return true;
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    case Isa::kAvx512:
      return CpuHas(Isa::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  }
#endif
  return isa == Isa::kScalar;
}

std::string Names(const std::vector<Isa>& isas) {
  std::string names;
  for (const Isa isa : isas) names += (names.empty() ? "" : ", ") + std::string(IsaName(isa));
  return names;
}

}  // namespace

std::string_view IsaName(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "unknown";
}

std::vector<Isa> CompiledIsas() {
#if defined(__x86_64__)
  return {Isa::kScalar, Isa::kAvx2, Isa::kAvx512};
#else
  return {Isa::kScalar};
#endif
}

bool CanRun(Isa isa) {
  for (const Isa compiled : CompiledIsas()) {
    if (compiled == isa) return CpuHas(isa);
  }
  return false;
}

Isa ChooseIsa() {
  std::vector<Isa> usable;
  for (const Isa isa : CompiledIsas()) {
    if (CanRun(isa)) usable.push_back(isa);
  }
  const auto forced = env::Isa();
  if (!forced) return usable.back();
  for (const Isa isa : usable) {
    if (*forced == IsaName(isa)) return isa;
  }
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    if (*forced != IsaName(isa)) continue;
    Fail(ErrorCode::kUsage, "this machine cannot run the instruction set \"" + *forced + "\"", "BANTAM_ISA",
         "it can run: " + Names(usable));
  }
  Fail(ErrorCode::kUsage, "\"" + *forced + "\" is no instruction set", "BANTAM_ISA",
       "this build has: " + Names(CompiledIsas()));
}

}  // namespace bantam
