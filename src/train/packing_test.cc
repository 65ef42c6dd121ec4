// Cutting, mixing and dealing: no prediction is lost, doubled or made across a boundary.
#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/rng.h"
#include "testing/testing.h"
#include "train/micro_batches.h"
#include "train/mixture.h"
#include "train/segments.h"

namespace bantam {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Documents of given lengths; every token of the set is another number.
TokenSet Numbered(const std::vector<int64_t>& lengths) {
  TokenSet set(1 << 20);
  int32_t next = 0;
  for (const int64_t length : lengths) {
    TokenizedDocument document;
    for (int64_t i = 0; i < length; ++i) document.tokens.push_back(next++);
    set.Append(document);
  }
  return set;
}

TEST(SegmentSetTest, EveryPredictionIsMadeOnceWithinItsDocument) {
  Rng rng(1);
  std::vector<int64_t> lengths = {1, 2, 10, 11, 12, 100};
  for (int i = 0; i < 200; ++i) lengths.push_back(static_cast<int64_t>(rng.NextBelow(40)));
  std::map<int32_t, int32_t> expected;  // input -> target
  int32_t token = 0;
  for (const int64_t length : lengths) {
    for (int64_t i = 0; i + 1 < length; ++i)
      expected[token + static_cast<int32_t>(i)] = token + static_cast<int32_t>(i) + 1;
    token += static_cast<int32_t>(length);
  }
  const SegmentSet set("numbers", Numbered(lengths), 10, 1.0);
  TrainingBatch batch;
  for (int64_t i = 0; i < set.size(); ++i) set.AppendTo(i, batch);
  EXPECT_EQ(set.predictions(), static_cast<int64_t>(expected.size()));
  ASSERT_EQ(batch.tokens.size(), expected.size());
  std::map<int32_t, int32_t> made;
  for (size_t i = 0; i < batch.tokens.size(); ++i) made[batch.tokens[i]] = batch.targets[i];
  EXPECT_EQ(made, expected);
  ASSERT_EQ(static_cast<int64_t>(batch.document_begin.size()), set.size() + 1);
  EXPECT_EQ(batch.document_begin.front(), 0);
  EXPECT_EQ(batch.document_begin.back(), static_cast<int64_t>(batch.tokens.size()));
  for (int64_t i = 0; i < set.size(); ++i) {
    const int64_t begin = batch.document_begin[i], end = batch.document_begin[i + 1];
    EXPECT_EQ(end - begin, set.length(i));
    EXPECT_GE(end - begin, 1);
    EXPECT_LE(end - begin, 10);
    for (int64_t k = begin + 1; k < end; ++k) EXPECT_EQ(batch.tokens[k], batch.targets[k - 1]);
  }
}

TEST(SegmentSetTest, LongDocumentsAreCutEvenly) {
  const SegmentSet set("long", Numbered({12, 24, 5}), 10, 1.0);
  EXPECT_THAT(set.lengths(), ElementsAre(5, 6, 7, 8, 8, 4));  // 11 in two, 23 in three
  EXPECT_EQ(set.cut_documents(), 2);
  EXPECT_EQ(set.documents(), 3);
}

TEST(SegmentSetTest, WeightsFollowTheTarget) {
  TokenSet tokens(100);
  tokens.Append({{1, 2, 3, 4}, {0, 0, 1, 1}});
  tokens.Append({{5, 6, 7}, {0, 0, 0}});  // nothing to learn when prompts have no weight
  const SegmentSet half("half", tokens, 10, 0.5);
  TrainingBatch batch;
  half.AppendTo(0, batch);
  EXPECT_THAT(batch.weights, ElementsAre(0.5f, 1.0f, 1.0f));
  EXPECT_EQ(half.size(), 2);
  const SegmentSet none("none", tokens, 10, 0.0);
  EXPECT_EQ(none.size(), 1);
  TokenSet empty(100);
  empty.Append({{1}, {}});
  EXPECT_BANTAM_ERROR(SegmentSet("one token", empty, 10, 1.0), ErrorCode::kUsage, HasSubstr("one token"));
}

std::vector<std::vector<int64_t>> RandomLengths(const std::vector<int64_t>& sizes) {
  Rng rng(7);
  std::vector<std::vector<int64_t>> lengths;
  for (const int64_t size : sizes) {
    auto& set = lengths.emplace_back();
    for (int64_t i = 0; i < size; ++i) set.push_back(1 + static_cast<int64_t>(rng.NextBelow(20)));
  }
  return lengths;
}

TEST(MixtureTest, AnEpochVisitsEverythingOnceInAnotherOrderEachTime) {
  Mixture mixture(RandomLengths({50}), {1.0}, 3);
  std::vector<std::vector<int64_t>> epochs(3);
  for (int i = 0; i < 150; ++i) {
    const std::vector<Draw> draws = mixture.Next(1);  // always one
    ASSERT_EQ(draws.size(), 1u);
    epochs[i / 50].push_back(draws[0].item);
  }
  EXPECT_NE(epochs[0], epochs[1]);
  EXPECT_NE(epochs[1], epochs[2]);
  std::vector<int64_t> all(50);
  std::iota(all.begin(), all.end(), 0);
  for (auto& epoch : epochs) {
    EXPECT_NE(epoch, all);
    std::sort(epoch.begin(), epoch.end());
    EXPECT_EQ(epoch, all);
  }
}

TEST(MixtureTest, SharesHoldAtEveryMoment) {
  Mixture mixture(RandomLengths({50, 500, 9}), {6.0, 3.0, 1.0}, 3);
  std::vector<double> drawn(3);
  double total = 0.0;
  for (int i = 0; i < 300; ++i) {
    int64_t filled = 0;
    for (const Draw& draw : mixture.Next(64)) {
      filled += mixture.length(draw);
      drawn[draw.set] += static_cast<double>(mixture.length(draw));
    }
    EXPECT_LE(filled, 64);
    EXPECT_GT(filled, 64 - 20);
    total += static_cast<double>(filled);
    // Never further away than the longest item.
    EXPECT_NEAR(drawn[0], 0.6 * total, 20.0);
    EXPECT_NEAR(drawn[1], 0.3 * total, 20.0);
    EXPECT_NEAR(drawn[2], 0.1 * total, 20.0);
  }
}

TEST(MixtureTest, GoesOnFromItsState) {
  const auto flat = [](const std::vector<Draw>& draws) {
    std::vector<int64_t> items;
    for (const Draw& draw : draws) items.insert(items.end(), {draw.set, draw.item});
    return items;
  };
  Mixture one(RandomLengths({11, 5}), {2.0, 1.0}, 3);
  for (int i = 0; i < 40; ++i) {
    Mixture two(RandomLengths({11, 5}), {2.0, 1.0}, 3);
    two.Restore(one.State(), "here");
    EXPECT_EQ(flat(two.Next(50)), flat(one.Next(50)));
    EXPECT_EQ(two.State(), one.State());
  }
  EXPECT_NE(flat(Mixture(RandomLengths({50}), {1.0}, 4).Next(500)),
            flat(Mixture(RandomLengths({50}), {1.0}, 5).Next(500)));
  EXPECT_BANTAM_ERROR(one.Restore(Json::array(), "here"), ErrorCode::kFormat, HasSubstr("here"));
  Json beyond = one.State();
  beyond[1]["next"] = 5;
  EXPECT_BANTAM_ERROR(one.Restore(beyond, "here"), ErrorCode::kFormat, HasSubstr("item 5 of 5"));
}

TEST(MicroBatchesTest, FewAndFullAndComplete) {
  Rng rng(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<int64_t> lengths;
    int64_t total = 0;
    while (total < 900) total += lengths.emplace_back(1 + static_cast<int64_t>(rng.NextBelow(100)));
    const auto batches = DealToMicroBatches(lengths, 256);
    std::set<int64_t> seen;
    for (const auto& batch : batches) {
      int64_t filled = 0, last = 1000;
      for (const int64_t index : batch) {
        EXPECT_TRUE(seen.insert(index).second);
        EXPECT_LE(lengths[index], last);
        last = lengths[index];
        filled += lengths[index];
      }
      EXPECT_LE(filled, 256);
      EXPECT_GT(filled, 0);
    }
    EXPECT_EQ(seen.size(), lengths.size());
    EXPECT_GE(static_cast<int64_t>(batches.size()), (total + 255) / 256);
    EXPECT_LE(static_cast<int64_t>(batches.size()), (total + 255) / 256 + 1);
  }
  EXPECT_EQ(DealToMicroBatches({256}, 256).size(), 1u);
}

}  // namespace
}  // namespace bantam
