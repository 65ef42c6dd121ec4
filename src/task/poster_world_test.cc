// The lists of models/house/world.yaml must not contradict each other: the rubric tells posters apart by them.
#include "task/poster_world.h"

#include <fstream>
#include <map>

#include "base/yaml.h"
#include "task/content_graph.h"
#include "testing/testing.h"

namespace bantam {
namespace {

const std::filesystem::path kHouse = std::filesystem::path(BANTAM_SOURCE_DIR) / "models" / "house";

class HouseWorldTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    world = new PosterWorld(PosterWorld::Open(kHouse));
    yaml = new Json(ReadYamlFile(kHouse / "world.yaml"));
  }
  static void TearDownTestSuite() {
    delete world;
    delete yaml;
  }

  // Marker stem -> the list it belongs to.
  static std::map<std::string, std::string> Markers() {
    std::map<std::string, std::string> markers;
    for (const auto* lists : {&world->angles(), &world->audiences()}) {
      for (const MarkerList& list : *lists) {
        for (const std::string& stem : list.stems) {
          EXPECT_TRUE(markers.emplace(stem, list.id).second) << "'" << stem << "' twice: " << list.id;
        }
      }
    }
    return markers;
  }

  static void ExpectNoMarker(const std::map<std::string, std::string>& markers, const std::string& text) {
    for (const std::string& stem : Stems(text)) {
      EXPECT_FALSE(markers.contains(stem)) << "'" << stem << "' in '" << text << "' marks " << markers.at(stem);
    }
  }

  static inline const PosterWorld* world = nullptr;
  static inline const Json* yaml = nullptr;
};

TEST_F(HouseWorldTest, NoMarkerStandsInWhatEveryPosterMaySay) {
  const auto markers = Markers();
  EXPECT_GT(markers.size(), 120u);
  for (const char* list : {"places", "people", "where", "when", "traits", "nickname_titles"}) {
    for (const Json& text : yaml->at(list)) ExpectNoMarker(markers, text.get<std::string>());
  }
  for (const Json& faction : yaml->at("factions")) {
    ExpectNoMarker(markers, faction.at("name").get<std::string>());
    for (const Json& job : faction.at("jobs")) ExpectNoMarker(markers, job.get<std::string>());
  }
  for (const auto& [list, names] : yaml->at("names").items()) {
    for (const Json& name : names) ExpectNoMarker(markers, name.get<std::string>());
  }
  for (const Json& act : yaml->at("acts")) {
    for (const char* field : {"past", "gerund", "base", "rest"})
      ExpectNoMarker(markers, act.at(field).get<std::string>());
  }
}

TEST_F(HouseWorldTest, NicknamesHaveNoMarkersOfOtherAngles) {
  const auto markers = Markers();
  for (const MarkerList& angle : world->angles()) {
    EXPECT_GE(angle.nickname_words.size(), 14u) << angle.id;
    for (const std::string& word : angle.nickname_words) {
      const auto found = markers.find(Stem(word));
      if (found != markers.end()) {
        EXPECT_EQ(found->second, angle.id) << word;
      }
    }
  }
}

TEST_F(HouseWorldTest, NoActIsToldByAnother) {
  ASSERT_EQ(world->acts().size(), yaml->at("acts").size());
  EXPECT_GE(world->acts().size(), 240u);
  std::vector<StemSet> texts;  // with everything that may fill them
  for (const Json& act : yaml->at("acts")) {
    std::string text;
    for (const char* field : {"past", "gerund", "base", "rest"}) text += act.at(field).get<std::string>() + ' ';
    for (const char* list : {"people", "where", "when"}) {
      if (text.find("{world." + std::string(list) + "}") == std::string::npos) continue;
      for (const Json& filler : yaml->at(list)) text += filler.get<std::string>() + ' ';
    }
    texts.push_back(Stems(text));
  }
  for (size_t i = 0; i < texts.size(); ++i) {
    const PosterAct& act = world->acts()[i];
    EXPECT_GE(act.keys.size(), 2u) << act.id;
    for (size_t j = 0; j < texts.size(); ++j) {
      EXPECT_EQ(act.IsIn(texts[j]), i == j) << act.id << " in " << world->acts()[j].id;
    }
  }
}

// The forms of a verb cannot be guessed by a model that has never seen them.
TEST_F(HouseWorldTest, HeldOutActsUseVerbsThatTrainingHas) {
  const ContentGraph graph = ContentGraph::Open(kHouse / "posters.yaml");
  std::map<Split, std::map<std::string, int>> verbs, acts;
  for (const Split split : kSplits) {
    for (int64_t i = 0; i < 300; ++i) {
      const Sample sample = graph.Draw(1, i, split);
      for (const Json& act : sample.nodes.at("acts")) {
        ++verbs[split][act.at("base").get<std::string>()];
        ++acts[split][act.at("id").get<std::string>()];
      }
    }
  }
  EXPECT_GE(acts[Split::kTest].size(), 10u);
  EXPECT_LE(acts[Split::kTest].size(), 20u);
  for (const Split split : {Split::kValidation, Split::kTest}) {
    for (const auto& [verb, count] : verbs[split]) EXPECT_TRUE(verbs[Split::kTrain].contains(verb)) << verb;
    for (const auto& [act, count] : acts[split]) EXPECT_FALSE(acts[Split::kTrain].contains(act)) << act;
  }
}

TEST(PosterWorldTest, SaysWhatIsWrongWithTheRubricFile) {
  const testing::TemporaryFolder folder;
  std::filesystem::copy_file(kHouse / "world.yaml", folder / "world.yaml");
  EXPECT_BANTAM_ERROR(PosterWorld::Open(folder.path()), ErrorCode::kIo, ::testing::HasSubstr("rubric.yaml"));
  std::ofstream(folder / "rubric.yaml") << "schema: bantam.poster-rubric/1\nwords: {least: 1, most: 9, mots: 9}\n"
                                           "markers: {angle: 1, audience: 1}\nrepeated_words: 6\n";
  EXPECT_BANTAM_ERROR(PosterWorld::Open(folder.path()), ErrorCode::kUsage, ::testing::HasSubstr("mots"));
}

}  // namespace
}  // namespace bantam
