// Errors, units, environment and cancellation.
#include "base/cancel.h"
#include "base/env.h"
#include "base/units.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

TEST(ErrorTest, JoinsPlaceReasonAndHint) {
  const Error error(ErrorCode::kFormat, "is cut off", "a.gguf, byte 12", "download it again");
  EXPECT_STREQ(error.what(), "a.gguf, byte 12: is cut off (download it again)");
  EXPECT_EQ(ExitStatus(error.code()), 3);
}

TEST(UnitsTest, ParsesSizes) {
  const struct {
    const char* text;
    uint64_t bytes;
  } cases[] = {{"0", 0},
               {"4096", 4096},
               {"700MB", 700'000'000},
               {"700mb", 700'000'000},
               {"1.5g", 1'500'000'000},
               {"1.5GiB", 1536ull << 20},
               {"2 kB", 2000},
               {"3Ti", 3ull << 40}};
  for (const auto& c : cases) EXPECT_EQ(ParseBytes(c.text, "--budget"), c.bytes) << c.text;
  for (const char* bad : {"", "MB", "-1", "1X", "1iB", "nan", "inf", "1e30", "12MBx"}) {
    EXPECT_BANTAM_ERROR(ParseBytes(bad, "--budget"), ErrorCode::kUsage, HasSubstr("--budget"));
  }
}

TEST(UnitsTest, FormatsWithThreeDigits) {
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "1.00 kB");
  EXPECT_EQ(FormatBytes(999'499), "999 kB");
  EXPECT_EQ(FormatBytes(999'500), "1.00 MB");
  EXPECT_EQ(FormatBytes(1'320'000'000), "1.32 GB");
  EXPECT_EQ(FormatCount(134'515'008), "135 M");
  EXPECT_EQ(FormatDuration(3.21), "3.2 s");
  EXPECT_EQ(FormatDuration(185), "3 min 05 s");
  EXPECT_EQ(FormatDuration(7800), "2 h 10 min");
}

TEST(EnvTest, RefusesWhatIsNoNumberOfThreads) {
  unsetenv("LLAMA_ARG_THREADS");
  setenv("BANTAM_THREADS", "3", 1);
  EXPECT_EQ(env::Threads(), 3);
  for (const char* bad : {"0", "-1", "two", "2x"}) {
    setenv("BANTAM_THREADS", bad, 1);
    EXPECT_BANTAM_ERROR(env::Threads(), ErrorCode::kUsage, HasSubstr("BANTAM_THREADS"));
  }
  unsetenv("BANTAM_THREADS");
  EXPECT_EQ(env::Threads(), std::nullopt);
}

TEST(CancelTest, ThrowsOnceRequested) {
  ClearCancel();
  EXPECT_NO_THROW(ThrowIfCancelled());
  RequestCancel();
  EXPECT_BANTAM_ERROR(ThrowIfCancelled(), ErrorCode::kCancelled, HasSubstr("cancelled"));
  ClearCancel();
}

}  // namespace
}  // namespace bantam
