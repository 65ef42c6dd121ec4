// The instruction sets that the kernels are compiled for, and the choice of one at run time.
#pragma once

#include <string_view>
#include <vector>

namespace bantam {

// kAvx2 needs AVX2, FMA and F16C (Intel Haswell, AMD Zen); kAvx512 adds AVX-512 F, BW, DQ and VL (Skylake-X, Zen 4).
enum class Isa { kScalar, kAvx2, kAvx512 };

std::string_view IsaName(Isa isa);  // "scalar", "avx2", "avx512": the values of BANTAM_ISA

std::vector<Isa> CompiledIsas();  // of this build, slowest first
bool CanRun(Isa isa);             // compiled in, and this CPU and operating system have it

// BANTAM_ISA when it is set, else the fastest that can run. kUsage for an unknown name and for one that cannot run here:
// a forced choice never falls back.
Isa ChooseIsa();

}  // namespace bantam
