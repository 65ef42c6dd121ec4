// The recipes of the house models: that each can be read, that scripts/train-house makes the data they name, and that the dense
// control sees what the model with experts sees.
#include <filesystem>

#include "base/file.h"
#include "testing/testing.h"
#include "train/recipe.h"

namespace bantam {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;

const std::filesystem::path kRoot = BANTAM_SOURCE_DIR;

Recipe House(const std::string& name) { return ReadRecipe(kRoot / "models/house/recipes" / (name + ".yaml")); }

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kRoot / "models/house/recipes")) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem());
  }
  return names;
}

TEST(HouseRecipes, NameDataThatTheScriptMakes) {
  const std::string script = ReadFile(kRoot / "scripts/train-house");
  const std::vector<std::string> names = Names();
  EXPECT_THAT(names, SizeIs(9));
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    for (const DataSource& source : House(name).data) {
      for (const std::filesystem::path& file : source.files) {
        if (file.extension() != ".jsonl") continue;
        EXPECT_THAT(script, HasSubstr("synth " + file.stem().string() + " "));
        EXPECT_TRUE(std::filesystem::exists(kRoot / "models/house" / (file.stem().string() + ".yaml"))) << file;
      }
    }
  }
}

// Each stage goes on where another ended.
TEST(HouseRecipes, FollowOneAnother) {
  std::vector<std::filesystem::path> outputs;
  for (const std::string& name : Names()) outputs.push_back(House(name).output);
  for (const std::string& name : Names()) {
    const std::filesystem::path from = House(name).model.from;
    if (!from.empty()) EXPECT_THAT(outputs, Contains(from)) << name;
  }
}

// What decides a run, less what has to differ.
Json Common(const std::string& name) {
  Json deciding = House(name).deciding;
  for (const char* key : {"model", "router"}) deciding.erase(key);
  return deciding;
}

TEST(HouseRecipes, TheControlSeesWhatTheExpertsSee) {
  EXPECT_EQ(Common("moe"), Common("control"));
  EXPECT_EQ(Common("moe-copying"), Common("control-copying"));
}

}  // namespace
}  // namespace bantam
