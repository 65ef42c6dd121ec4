#include "task/split.h"

#include <algorithm>
#include <map>

#include "task/hash.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr SplitShares kShares = {0.9, 0.05, 0.05};

std::vector<uint64_t> Hashes(int from, int to) {
  std::vector<uint64_t> hashes;
  for (int i = from; i < to; ++i) hashes.push_back(HashText(std::to_string(i)));
  return hashes;
}
std::vector<int64_t> Count(const std::vector<Split>& splits) {
  std::vector<int64_t> counts;
  for (const Split split : kSplits) counts.push_back(std::count(splits.begin(), splits.end(), split));
  return counts;
}

// As a program in another language computes them. Splits are fixed by these: another value would move values of published data sets between train and test.
TEST(HashTest, NeverChanges) {
  EXPECT_EQ(HashText(""), 0xf52a15e9a9b5e89bu);
  EXPECT_EQ(HashText("a"), 0x2c0bdbf481420f8u);
  EXPECT_EQ(Combine(1, 2), 0x7018eb47a52c2595u);
}

TEST(SplitTest, NamesAreReadBack) {
  for (const Split split : kSplits) EXPECT_EQ(SplitFromName(Name(split)), split);
  EXPECT_FALSE(SplitFromName("all").has_value());
}

TEST(SplitTest, SharesOfListsAreExact) {
  EXPECT_THAT(Count(ValueDealer(kShares).Deal(Hashes(0, 100), "x")), ElementsAre(90, 5, 5));
  EXPECT_THAT(Count(ValueDealer(kShares).Deal(Hashes(0, 10), "x")), ElementsAre(8, 1, 1));
  EXPECT_THAT(Count(ValueDealer(kShares).Deal(Hashes(0, 3), "x")), ElementsAre(1, 1, 1));
  EXPECT_THAT(Count(ValueDealer({0.5, 0.5, 0}).Deal(Hashes(0, 7), "x")), ElementsAre(4, 3, 0));
  EXPECT_THAT(Count(ValueDealer({1, 0, 0}).Deal(Hashes(0, 1), "x")), ElementsAre(1, 0, 0));
  EXPECT_BANTAM_ERROR(ValueDealer(kShares).Deal(Hashes(0, 2), "f:1"), ErrorCode::kFormat,
                      HasSubstr("f:1: 2 different values cannot be dealt to 3 splits"));
}

TEST(SplitTest, AValueIsInOneSplitWhateverListItStandsIn) {
  ValueDealer dealer({0.6, 0.2, 0.2});
  const auto first = dealer.Deal(Hashes(0, 20), "x"), second = dealer.Deal(Hashes(10, 30), "x");
  for (size_t i = 0; i < 10; ++i) EXPECT_EQ(first[10 + i], second[i]);
  EXPECT_THAT(Count(first), ElementsAre(12, 4, 4));
  EXPECT_THAT(Count(second), ElementsAre(12, 4, 4));
  auto hashes = Hashes(0, 5);
  hashes.push_back(hashes[0]);
  const auto twice = ValueDealer({0.6, 0.2, 0.2}).Deal(hashes, "x");
  EXPECT_EQ(twice[0], twice[5]);
  // Three values that are all taken for train leave nothing for the others.
  std::vector<uint64_t> taken;
  for (size_t i = 0; i < 20; ++i) {
    if (first[i] == Split::kTrain && taken.size() < 3) taken.push_back(Hashes(0, 20)[i]);
  }
  EXPECT_BANTAM_ERROR(dealer.Deal(taken, "f:2"), ErrorCode::kFormat,
                      HasSubstr("f:2: values that other lists have too leave none for the split \"validation\""));
}

// 20,000 uniform hashes: five standard deviations of a binomial count around the share.
TEST(SplitTest, HashesFallByTheShares) {
  std::map<Split, int> counts;
  for (const uint64_t hash : Hashes(0, 20'000)) ++counts[SplitOfHash(hash, kShares)];
  EXPECT_NEAR(counts[Split::kTrain], 18'000, 5 * 43);
  EXPECT_NEAR(counts[Split::kValidation], 1'000, 5 * 31);
  EXPECT_NEAR(counts[Split::kTest], 1'000, 5 * 31);
  for (const uint64_t hash : Hashes(0, 1'000)) EXPECT_NE(SplitOfHash(hash, {0.5, 0, 0.5}), Split::kValidation);
  EXPECT_EQ(SplitOfHash(~uint64_t{0}, {0.5, 0.5, 0}), Split::kValidation);
}

TEST(SplitTest, SamplesAreDealtEvenly) {
  SplitDealer dealer(kShares);
  std::array<int64_t, 3> counts{};
  for (int n = 1; n <= 1'000; ++n) {
    const auto [split, index] = dealer.Next();
    const auto s = static_cast<size_t>(split);
    EXPECT_EQ(index, counts[s]++);
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(static_cast<double>(counts[i]), kShares[i] * n, 1 + 1e-6);
  }
  EXPECT_THAT(counts, ElementsAre(900, 50, 50));
}

}  // namespace
}  // namespace bantam
