// Whether the requests that the house model is judged by are new to it: no wording of the evaluation can be drawn in training.
#include <algorithm>
#include <set>

#include "base/yaml.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::Ge;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Json HouseFile(const std::string& name) {
  return ReadYamlFile(std::filesystem::path(BANTAM_SOURCE_DIR) / "models/house" / name);
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

}  // namespace
}  // namespace bantam
