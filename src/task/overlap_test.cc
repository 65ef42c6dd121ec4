#include "task/overlap.h"

#include "task/content_graph.h"
#include "testing/testing.h"

namespace bantam {
namespace {

TEST(OverlapTest, CountsNgramsAfterMasking) {
  OverlapIndex index(3);
  index.Add("Then Orrin Slade sold the goose.", {"Orrin Slade"});
  EXPECT_EQ(index.size(), 3u);  // then # sold | # sold the | sold the goose
  EXPECT_DOUBLE_EQ(index.Overlap("then Marla sold the goose", {"Marla"}), 1);
  EXPECT_DOUBLE_EQ(index.Overlap("then Marla sold the goose", {}), 1.0 / 3);
  EXPECT_DOUBLE_EQ(index.Overlap("Then Orrin Slade sold the horse", {"Orrin Slade"}), 2.0 / 3);
  EXPECT_DOUBLE_EQ(index.Overlap("sold the", {}), 0);
}

TEST(OverlapTest, MasksDoNotReachFunctionWords) {
  OverlapIndex index(2);
  index.Add("over the hill", {"the harbour"});
  EXPECT_DOUBLE_EQ(index.Overlap("over the hill", {}), 1);
}

// New posters from the same frames overlap, but never wholly; without masks names and items break the runs.
TEST(OverlapTest, PostersShareFramesNotItems) {
  const ContentGraph graph =
      ContentGraph::Open(std::filesystem::path(BANTAM_SOURCE_DIR) / "models" / "house" / "posters.yaml");
  OverlapIndex masked, plain;
  const auto text = [](const Sample& sample) { return sample.messages.back().content; };
  for (int64_t i = 0; i < 500; ++i) {
    const Sample sample = graph.Draw(1, i, Split::kTrain);
    masked.Add(text(sample), PosterMasks(sample.nodes));
    plain.Add(text(sample), {});
  }
  double with_masks = 0, without = 0;
  for (int64_t i = 0; i < 50; ++i) {
    const Sample sample = graph.Draw(1, i, Split::kTest);
    with_masks += masked.Overlap(text(sample), PosterMasks(sample.nodes)) / 50;
    without += plain.Overlap(text(sample), {}) / 50;
  }
  EXPECT_GT(with_masks, without + 0.02);
  EXPECT_LT(with_masks, 0.95);
  EXPECT_GT(without, 0.05);
}

}  // namespace
}  // namespace bantam
