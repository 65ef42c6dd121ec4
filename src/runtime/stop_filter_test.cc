#include "runtime/stop_filter.h"

#include "base/rng.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::vector<std::string> stops;
  std::string text;
  std::string expected;
};

const Case kCases[] = {
    {{}, "all of it", "all of it"},
    {{"STOP"}, "go on STOP here", "go on "},
    {{"STOP"}, "go on STO", "go on STO"},  // never came
    {{"STOP"}, "SSTOSTOP", "SSTO"},        // begins again within itself
    {{"aab"}, "aaaaab", "aaa"},
    {{"long one", "on"}, "a long one", "a l"},  // "on" is complete before "long one" is
    {{"ab", "xab"}, "-xab", "-"},               // both at once: the longer
    {{"\n\n", "User:"}, "hi\nUser: x", "hi\n"},
    {{"é"}, "caf\xc3\xa9!", "caf"},
    {{"x"}, "x", ""},
};

TEST(StopFilter, CutsAtTheFirstStopHoweverTheTextComes) {
  for (const Case& c : kCases) {
    Rng rng(1);
    for (int attempt = 0; attempt < 200; ++attempt) {
      StopFilter filter(c.stops);
      std::string out;
      for (size_t at = 0; at < c.text.size();) {
        const size_t count = attempt == 0 ? c.text.size() : 1 + rng.NextBelow(3);
        out += filter.Push(c.text.substr(at, count));
        at += count;
        // What is out stays out: it is a beginning of the result and holds no stop string.
        EXPECT_EQ(out, c.expected.substr(0, out.size()));
      }
      const bool stopped = filter.stopped();
      out += filter.Finish();
      EXPECT_EQ(out, c.expected) << c.text;
      EXPECT_EQ(stopped, c.expected.size() < c.text.size()) << c.text;
      EXPECT_EQ(filter.Push("more"), stopped ? "" : "more");
    }
  }
}

TEST(StopFilter, HoldsBackOnlyWhatMayBegin) {
  StopFilter filter({"</s>", "<end>"});
  EXPECT_EQ(filter.Push("a <"), "a ");
  EXPECT_EQ(filter.Push("b <"), "<b ");
  EXPECT_EQ(filter.Push("en"), "");
  EXPECT_EQ(filter.Push("t"), "<ent");
  EXPECT_EQ(filter.Push("<end>"), "");
  EXPECT_TRUE(filter.stopped());
}

TEST(StopFilter, RefusesStringsThatAreNone) {
  EXPECT_BANTAM_ERROR(StopFilter({"a", ""}), ErrorCode::kUsage, HasSubstr("empty"));
  EXPECT_BANTAM_ERROR(StopFilter({"\xc3"}), ErrorCode::kUsage, HasSubstr("UTF-8"));
}

}  // namespace
}  // namespace bantam
