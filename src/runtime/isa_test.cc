#include "runtime/isa.h"

#include <cstdlib>

#include "runtime/kernels/kernels.h"
#include "testing/testing.h"

namespace bantam {
namespace {

// Sets BANTAM_ISA for one scope.
class ForcedIsa {
 public:
  explicit ForcedIsa(const char* name) { setenv("BANTAM_ISA", name, 1); }
  ~ForcedIsa() { unsetenv("BANTAM_ISA"); }
};

TEST(Isa, TheFastestThatRunsIsChosen) {
  unsetenv("BANTAM_ISA");
  EXPECT_TRUE(CanRun(Isa::kScalar));
  const Isa chosen = ChooseIsa();
  EXPECT_TRUE(CanRun(chosen));
  for (const Isa isa : CompiledIsas()) EXPECT_TRUE(isa <= chosen || !CanRun(isa)) << IsaName(isa);
}

TEST(Isa, TheEnvironmentForcesOneOrFails) {
  for (const Isa isa : {Isa::kScalar, Isa::kAvx2, Isa::kAvx512}) {
    const ForcedIsa forced(std::string(IsaName(isa)).c_str());
    if (CanRun(isa)) {
      EXPECT_EQ(ChooseIsa(), isa);
      EXPECT_EQ(KernelsFor(ChooseIsa()).isa, isa);
    } else {
      EXPECT_BANTAM_ERROR(ChooseIsa(), ErrorCode::kUsage, ::testing::HasSubstr("cannot run"));
      EXPECT_BANTAM_ERROR(KernelsFor(isa), ErrorCode::kInternal, ::testing::HasSubstr(std::string(IsaName(isa))));
    }
  }
}

TEST(Isa, AnUnknownNameIsAnError) {
  for (const char* name : {"sse2", "AVX2", "avx512 ", "neon"}) {
    const ForcedIsa forced(name);
    EXPECT_BANTAM_ERROR(ChooseIsa(), ErrorCode::kUsage,
                        ::testing::AllOf(::testing::HasSubstr("BANTAM_ISA"), ::testing::HasSubstr(name),
                                         ::testing::HasSubstr("scalar")));
  }
}

}  // namespace
}  // namespace bantam
