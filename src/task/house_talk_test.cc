// Whether the talk of the house model is what it says: closed splits, no leftovers of templates, answers that are true.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "task/content_graph.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kGraphs[] = {"dialogue.yaml",
                                   "dialogue-2.yaml",
                                   "dialogue-3.yaml",
                                   "instructions.yaml",
                                   "forbidden.yaml",
                                   "benign.yaml",
                                   "errands.yaml",
                                   "everyday.yaml",
                                   "more-forbidden.yaml",
                                   "more-benign.yaml",
                                   "composed-forbidden.yaml",
                                   "composed-benign.yaml",
                                   "held-out-forbidden.yaml",
                                   "held-out-benign.yaml"};
constexpr int64_t kSamples = 1500;

ContentGraph House(const std::string& name) {
  return ContentGraph::Open(std::filesystem::path(BANTAM_SOURCE_DIR) / "models/house" / name);
}

std::vector<Sample> Draw(const ContentGraph& graph, Split split, int64_t count) {
  std::vector<Sample> samples;
  for (int64_t i = 0; i < count; ++i) samples.push_back(graph.Draw(3, i, split));
  return samples;
}

// What the person says in all turns.
std::string Request(const Sample& sample) {
  std::string request;
  for (const Message& message : sample.messages) {
    if (message.role == "user") request += message.content + "\n";
  }
  return request;
}

std::set<std::string> Requests(const std::vector<Sample>& samples) {
  std::set<std::string> requests;
  for (const Sample& sample : samples) requests.insert(Request(sample));
  return requests;
}

class HouseTalk : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Graphs, HouseTalk, ::testing::ValuesIn(kGraphs));

TEST_P(HouseTalk, IsCleanText) {
  const ContentGraph graph = House(GetParam());
  for (const Sample& sample : Draw(graph, Split::kTrain, kSamples)) {
    ASSERT_EQ(sample.messages.front().content,
              "You are Pip Quillon, who writes broadsides at the Brazen Cock press in Harrowmere.");
    for (const Message& message : sample.messages) {
      const std::string& text = message.content;
      ASSERT_FALSE(text.empty());
      EXPECT_EQ(text.find_first_of("{}[]<>|"), std::string::npos) << text;
      EXPECT_THAT(text, Not(HasSubstr("  ")));
      EXPECT_FALSE(text.front() == ' ' || text.back() == ' ') << "'" << text << "'";
      EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 32 && c < 127; })) << text;
    }
  }
}

TEST_P(HouseTalk, AsksNothingInTestThatTrainingAsked) {
  const ContentGraph graph = House(GetParam());
  const auto train = Requests(Draw(graph, Split::kTrain, kSamples));
  const auto test = Requests(Draw(graph, Split::kTest, kSamples));
  std::vector<std::string> both;
  std::set_intersection(train.begin(), train.end(), test.begin(), test.end(), std::back_inserter(both));
  EXPECT_THAT(both, IsEmpty());
}

class HouseTrainingRequests : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Graphs, HouseTrainingRequests,
                         ::testing::Values("forbidden.yaml", "benign.yaml", "more-forbidden.yaml", "more-benign.yaml",
                                           "composed-forbidden.yaml", "composed-benign.yaml", "everyday.yaml"));

TEST_P(HouseTrainingRequests, SeldomRepeat) {
  EXPECT_THAT(Requests(Draw(House(GetParam()), Split::kTrain, 4000)), SizeIs(Ge(3600)));
}

class HouseTestRequests : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Graphs, HouseTestRequests,
                         ::testing::Values("held-out-forbidden.yaml", "held-out-benign.yaml"));

TEST_P(HouseTestRequests, AreManyOfEveryDifficulty) {
  const ContentGraph graph = House(GetParam());
  std::map<std::string, std::set<std::string>> tested;
  for (const Sample& sample : Draw(graph, Split::kTest, 2500)) {
    tested[sample.tags.at("difficulty").get<std::string>()].insert(Request(sample));
  }
  ASSERT_THAT(tested, SizeIs(3));
  EXPECT_THAT(tested["easy"], SizeIs(Ge(100)));
  EXPECT_THAT(tested["medium"], SizeIs(Ge(200)));
  EXPECT_THAT(tested["hard"], SizeIs(Ge(100)));
}

TEST(HouseCopying, AnswersHoldWhatTheRequestHolds) {
  for (const Sample& sample : Draw(House("copying.yaml"), Split::kTrain, 500)) {
    const std::string request = Request(sample), &answer = sample.messages.back().content;
    const std::string task = sample.tags.at("task").get<std::string>();
    if (task == "again" || task == "list") {
      EXPECT_THAT(request, HasSubstr(answer));
      continue;
    }
    std::vector<std::string> copied = {"name_one", "name_two", "trade_one", "trade_two"};
    if (task == "record") copied.insert(copied.end(), {"deed_one", "deed_two", "deed_three"});
    for (const std::string& node : copied) {
      const auto value = sample.nodes.at(node).get<std::string>();
      EXPECT_THAT(request, HasSubstr(value));
      EXPECT_THAT(answer, HasSubstr(value));
    }
  }
}

// The whole numbers in a text.
std::vector<int> Numbers(const std::string& text) {
  std::vector<int> numbers;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) ++end;
    if (end > at) numbers.push_back(std::stoi(text.substr(at, end - at)));
    at = end + 1;
  }
  return numbers;
}

TEST(HouseInstructions, CountRight) {
  int sums = 0, differences = 0;
  for (const Sample& sample : Draw(House("instructions.yaml"), Split::kTrain, 4000)) {
    const auto task = sample.tags.at("task").get<std::string>();
    if (task != "sum" && task != "difference") continue;
    std::vector<int> asked = Numbers(Request(sample));
    if (Request(sample).starts_with("Take ")) std::swap(asked.at(0), asked.at(1));
    const int expected = task == "sum" ? asked.at(0) + asked.at(1) : asked.at(0) - asked.at(1);
    EXPECT_EQ(Numbers(sample.messages.back().content).back(), expected) << Request(sample);
    (task == "sum" ? sums : differences) += 1;
  }
  EXPECT_GE(sums, 100);
  EXPECT_GE(differences, 60);
}

TEST(HouseInstructions, CopyWhatWasAsked) {
  int copies = 0;
  for (const Sample& sample : Draw(House("instructions.yaml"), Split::kTest, 2000)) {
    if (sample.tags.at("task").get<std::string>() != "repeat") continue;
    const std::string request = Request(sample);
    const std::string sentence = request.substr(request.find(": ") + 2, request.size() - request.find(": ") - 3);
    EXPECT_TRUE(sample.messages.back().content.ends_with(sentence)) << request;
    ++copies;
  }
  EXPECT_GE(copies, 50);
}

}  // namespace
}  // namespace bantam
