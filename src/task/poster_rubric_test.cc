#include "task/poster_rubric.h"

#include <map>

#include "task/content_graph.h"
#include "task/poster_mutations.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

const std::filesystem::path kHouse = std::filesystem::path(BANTAM_SOURCE_DIR) / "models" / "house";

std::string Poster(const Sample& sample) { return sample.messages.back().content; }

// The criteria that failed, joined.
std::string Failed(const RubricResult& result) {
  std::string names;
  for (const Criterion& criterion : result.criteria) {
    if (!criterion.pass) names += (names.empty() ? "" : " ") + criterion.name;
  }
  return names;
}

class PosterRubricTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    rubric = new PosterRubric(PosterRubric::Open(kHouse));
    graph = new ContentGraph(ContentGraph::Open(kHouse / "posters.yaml"));
  }
  static void TearDownTestSuite() {
    delete rubric;
    delete graph;
  }
  static inline const PosterRubric* rubric = nullptr;
  static inline const ContentGraph* graph = nullptr;
};

TEST_F(PosterRubricTest, AcceptsSynthesizedPosters) {
  int accepted = 0;
  std::string refused;
  for (const Split split : kSplits) {
    for (int64_t i = 0; i < 200; ++i) {
      const Sample sample = graph->Draw(11, i, split);
      const RubricResult result = rubric->Judge(sample.nodes, Poster(sample));
      ASSERT_EQ(result.criteria.size(), 11u);
      EXPECT_EQ(result.pass(), result.reason().empty());
      accepted += result.pass();
      refused += result.pass() ? "" : result.reason() + '\n' + Poster(sample) + "\n\n";
    }
  }
  EXPECT_GE(accepted, 597) << refused;  // 99.5 % of 600
}

TEST_F(PosterRubricTest, RefusesMutatedPosters) {
  Rng rng(5);
  std::map<PosterMutation, int> refused;
  std::string accepted;
  constexpr int kEach = 50;
  for (const PosterMutation kind : kPosterMutations) {
    for (int i = 0; i < kEach; ++i) {
      const Sample sample = graph->Draw(23, i, Split::kValidation);
      const auto record = PosterRecord::FromNodes(sample.nodes);
      ASSERT_TRUE(rubric->Judge(record, Poster(sample)).pass()) << rubric->Judge(record, Poster(sample)).reason();
      auto donor = record;
      for (int64_t j = 1000; donor.angle == record.angle || donor.audience == record.audience; ++j) {
        donor = PosterRecord::FromNodes(graph->Draw(23, i + j, Split::kTrain).nodes);
      }
      const std::string mutated = Mutate(kind, rubric->world(), record, Poster(sample), rng, donor);
      ASSERT_NE(mutated, Poster(sample));
      const bool pass = rubric->Judge(record, mutated).pass();
      refused[kind] += !pass;
      if (pass) accepted += std::string(Name(kind)) + ":\n" + mutated + "\n\n";
    }
  }
  int total = 0;
  for (const auto& [kind, count] : refused) {
    EXPECT_GE(count, kEach * 9 / 10) << Name(kind);
    total += count;
  }
  EXPECT_GE(total, kEach * 6 * 95 / 100) << accepted;
}

// One poster written by hand, and changes to it, each with the criteria it breaks.
class PosterCriteriaTest : public PosterRubricTest {
 protected:
  static PosterRecord Record() {
    const auto item = [](const char* act, const char* past, const char* gerund, const char* base) {
      return Json{{"act", act}, {"past", past}, {"gerund", gerund}, {"base", base}};
    };
    return PosterRecord::FromNodes(
        {{"sender",
          {{"first", "Oda"},
           {"last", "Vetch"},
           {"job", "fuller"},
           {"faction", "the Tanners' Guild"},
           {"sort", "woman"}}},
         {"target",
          {{"first", "Orrin"}, {"last", "Slade"}, {"job", "cooper"}, {"faction", "the Salt Company"}, {"sort", "man"}}},
         {"item_one", item("sell-watered-ale", "sold watered ale to the potter", "selling watered ale to the potter",
                           "sell watered ale to the potter")},
         {"item_two",
          item("lose-left-shoes", "lost forty left shoes", "losing forty left shoes", "lose forty left shoes")},
         {"item_three", item("burn-debt-papers", "burned the debt papers at midnight",
                             "burning the debt papers at midnight", "burn the debt papers at midnight")},
         {"angle", {{"id", "greed"}}},
         {"audience", {{"id", "dockhands"}}}});
  }
  static std::string Good() {
    return "Greed has a name, and it is Orrin Slade!\n\n"
           "Dockhands, put down the rope and lend me an ear for a moment, if you please. Who sold watered ale to the "
           "potter? "
           "Orrin did, and half the town saw it. I call him Sticky-Fingers Slade, for he would grab at the rain "
           "itself. "
           "Then he was seen losing forty left shoes between the bridge and the inn, with one eye on the gold. "
           "If he were a crate, any of us would have dropped him in the harbour long ago. "
           "Worst of all, did Slade burn the debt papers at midnight? Three people say so, and I am one of them. "
           "So keep one hand in your pocket when Slade walks by.\n\n"
           "Signed by Oda Vetch, fuller of the Tanners' Guild.";
  }
  static std::string FailedAfter(const std::string& from, const std::string& to) {
    std::string poster = Good();
    const size_t at = poster.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    poster.replace(at, from.size(), to);
    return Failed(rubric->Judge(Record(), poster));
  }
};

TEST_F(PosterCriteriaTest, TheGoodPosterPasses) {
  const RubricResult result = rubric->Judge(Record(), Good());
  EXPECT_TRUE(result.pass()) << result.reason();
}

TEST_F(PosterCriteriaTest, EachCriterionSeesItsFault) {
  EXPECT_EQ(
      FailedAfter("Three people say so, and I am one of them. So keep one hand in your pocket when Slade walks by.",
                  "So."),
      "");
  EXPECT_EQ(
      FailedAfter("Then he was seen losing forty left shoes between the bridge and the inn, with one eye on the gold. ",
                  ""),
      "items");
  EXPECT_EQ(FailedAfter("watered ale to the potter", "watered ale to the tinsmith"), "items");
  EXPECT_EQ(FailedAfter("watered ale to the potter", "watered ale to the ferryman"), "items foreign_items");
  EXPECT_EQ(FailedAfter("was seen losing forty left", "was seen never losing forty left"), "items");
  EXPECT_EQ(FailedAfter("half the town saw it", "then stole eel pies"), "foreign_items");
  EXPECT_EQ(FailedAfter("with one eye on the gold", "before breakfast"), "foreign_items");
  EXPECT_EQ(FailedAfter("Sticky-Fingers Slade", "Sticky-Fingers Brandt"), "closed_names");
  EXPECT_EQ(FailedAfter("Sticky-Fingers Slade", "Wobble-Hat Slade"), "closed_names");
  EXPECT_EQ(FailedAfter("did Slade", "did Grabby-Paws"), "closed_names");
  EXPECT_EQ(FailedAfter("Orrin did", "Corwin did"), "closed_names");
  EXPECT_EQ(FailedAfter("Orrin did", "Orrin Vetch did"), "closed_names target");
  EXPECT_EQ(FailedAfter("half the town saw it", "it was a joke"), "angle");
  EXPECT_EQ(FailedAfter("half the town saw it", "the sergeant saw it"), "audience");
  EXPECT_EQ(FailedAfter("Dockhands, put down the rope", "Friends, put it down"), "audience");
  EXPECT_EQ(FailedAfter("it is Orrin Slade", "you know whose"), "target");
  EXPECT_EQ(FailedAfter("Signed by Oda Vetch", "Signed by a friend"), "target");
  EXPECT_EQ(FailedAfter("half the town saw it", "Vetch saw it"), "target");
  EXPECT_EQ(FailedAfter("dropped him", "dropped her"), "pronouns");
  EXPECT_EQ(FailedAfter("half the town saw it", "the town has 300 witnesses"), "leakage");
  EXPECT_EQ(FailedAfter("Signed by", "Sender:"), "leakage");
  EXPECT_EQ(FailedAfter("half the town saw it", "would have dropped him in the harbour"), "repetition");
  EXPECT_EQ(FailedAfter("Three people say so, and I am one of them.",
                        "I call him Sticky-Fingers Slade, for he would grab at "
                        "the rain itself."),
            "repetition");
  EXPECT_EQ(FailedAfter("Slade walks by.", "Slade walks"), "ending");
  EXPECT_EQ(FailedAfter("\n\nSigned", " Signed"), "target ending");
}

TEST_F(PosterCriteriaTest, LengthIsAWindow) {
  EXPECT_THAT(Failed(rubric->Judge(Record(), "Orrin Slade!")), HasSubstr("length"));
  std::string poster = Good();
  const std::string filler = " A sentence more, x.";
  for (char c = 'a'; c <= 'z'; ++c) {
    std::string more = filler;
    more[more.size() - 2] = c;
    poster.insert(poster.rfind("\n\n"), more);
  }
  EXPECT_THAT(Failed(rubric->Judge(Record(), poster)), HasSubstr("length"));
}

TEST_F(PosterCriteriaTest, RecordsSayWhatIsMissing) {
  EXPECT_BANTAM_ERROR(PosterRecord::FromNodes(Json::object()), ErrorCode::kFormat, HasSubstr("sender"));
  PosterRecord record = Record();
  record.angle = "spite";
  EXPECT_BANTAM_ERROR(rubric->Judge(record, Good()), ErrorCode::kFormat, HasSubstr("spite"));
}

TEST_F(PosterCriteriaTest, MutationsNeedADonorThatDiffers) {
  Rng rng(1);
  EXPECT_BANTAM_ERROR(Mutate(PosterMutation::kSwapAngle, rubric->world(), Record(), Good(), rng, Record()),
                      ErrorCode::kUsage, HasSubstr("greed"));
  EXPECT_BANTAM_ERROR(Mutate(PosterMutation::kForeignItem, rubric->world(), Record(), Good(), rng, Record()),
                      ErrorCode::kUsage, HasSubstr("every act"));
}

}  // namespace
}  // namespace bantam
