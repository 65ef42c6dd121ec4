// Whether the talk of the house model is what it says: closed splits, no leftovers of templates, answers that are true.
#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "base/yaml.h"
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

Json HouseFile(const std::string& name) {
  return ReadYamlFile(std::filesystem::path(BANTAM_SOURCE_DIR) / "models/house" / name);
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

// What training sees must not be what the test asks.
TEST(HouseWordings, StandOnce) {
  std::set<std::string> wordings;
  for (const char* name : {"forbidden-topics.yaml", "more-forbidden-wordings.yaml", "held-out-forbidden-wordings.yaml",
                           "benign-topics.yaml", "more-benign-wordings.yaml", "held-out-benign-wordings.yaml"}) {
    const Json file = HouseFile(name);
    for (const Json& topic : file.at("topics")) {
      for (const Json& phrase : topic.at("phrases")) {
        const auto text = phrase.at("text").get<std::string>();
        EXPECT_TRUE(wordings.insert(text).second) << text;
      }
    }
  }
  EXPECT_THAT(wordings, SizeIs(Ge(19000)));
}

// A wording's template: texts to choose from, one after the other. `[a|b]` are alternatives, `{wordings.x}` list x of its topic.
using Choices = std::vector<std::vector<std::string>>;

Choices ParseWording(std::string_view text, const Json& topic) {
  Choices choices;
  while (!text.empty()) {
    const bool list = text.starts_with("{wordings.");
    if (text.front() != '[' && !list) {
      const size_t end = std::min(text.find('[', 1), text.find("{wordings.", 1));
      choices.push_back({std::string(text.substr(0, end))});
      text.remove_prefix(std::min(end, text.size()));
      continue;
    }
    const size_t end = text.find(list ? '}' : ']');
    std::string_view inside = text.substr(1, end - 1);
    std::vector<std::string>& options = choices.emplace_back();
    if (list) {
      for (const Json& entry : topic.at(std::string(inside.substr(inside.find('.') + 1)))) options.push_back(entry);
    }
    while (!list) {
      const size_t bar = inside.find('|');
      options.emplace_back(inside.substr(0, bar));
      if (bar == std::string_view::npos) break;
      inside.remove_prefix(bar + 1);
    }
    text.remove_prefix(end + 1);
  }
  return choices;
}

bool Composes(const Choices& choices, size_t next, std::string_view text) {
  if (next == choices.size()) return text.empty();
  return std::ranges::any_of(choices[next], [&](const std::string& option) {
    return text.starts_with(option) && Composes(choices, next + 1, text.substr(option.size()));
  });
}

TEST(HouseWordings, AreMatchedAsTheyAreComposed) {
  const Json topic = {{"act", {"steal", "steal away"}}};
  const Choices choices = ParseWording("{wordings.act} [a|the] hen", topic);
  EXPECT_TRUE(Composes(choices, 0, "steal away the hen"));
  EXPECT_TRUE(Composes(choices, 0, "steal a hen"));
  EXPECT_FALSE(Composes(choices, 0, "steal hen"));
  EXPECT_FALSE(Composes(choices, 0, "steal a hens"));
}

// No wording that the evaluation asks can be drawn in training, by any alternative or list.
TEST(HouseWordings, OfTheTestCannotBeDrawnInTraining) {
  std::vector<std::string> tested;
  for (const char* name : {"held-out-forbidden-wordings.yaml", "held-out-benign-wordings.yaml"}) {
    const Json file = HouseFile(name);
    for (const Json& topic : file.at("topics")) {
      for (const Json& phrase : topic.at("phrases")) tested.push_back(phrase.at("text"));
    }
  }
  EXPECT_THAT(tested, SizeIs(Ge(1300)));
  std::vector<std::string> drawn;
  const auto match = [&](const Json& wording, const Json& topic) {
    const Choices choices = ParseWording(wording.at("text").get_ref<const std::string&>(), topic);
    for (const std::string& text : tested) {
      if (Composes(choices, 0, text)) drawn.push_back(text);
    }
  };
  for (const char* name : {"forbidden-topics.yaml", "more-forbidden-wordings.yaml", "composed-forbidden-wordings.yaml",
                           "benign-topics.yaml", "more-benign-wordings.yaml", "composed-benign-wordings.yaml"}) {
    const Json file = HouseFile(name);
    for (const Json& topic : file.at("topics")) {
      for (const Json& phrase : topic.at("phrases")) match(phrase, topic);
    }
  }
  const Json everyday = HouseFile("everyday-requests.yaml");
  for (const Json& request : everyday.at("requests")) match(request, request);
  EXPECT_THAT(drawn, IsEmpty());
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
