// A small model with random weights and a context long enough for conversations.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/progress.h"
#include "evaluation/subject.h"
#include "task/sample.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam::testing {

inline void WriteTestModel(const std::filesystem::path& folder, int64_t context = 1024) {
  WriteRandomHfFolder(folder, {.name = "llama", .seed = 7});
  Json config = ReadJsonFile(folder / "config.json");
  config["max_position_embeddings"] = context;
  WriteFileAtomically(folder / "config.json", DumpJson(config));
}

// One for the whole test program.
inline const Subject& TestSubject() {
  static const Subject subject = [] {
    Progress::SetEnabled(false);
    const TemporaryFolder folder;  // the mapped files outlive their names
    WriteTestModel(folder.path());
    const auto model = Model::Open(folder.path());
    return Subject{"test", RuntimeModel::Load(*model),
                   std::make_shared<Tokenizer>(Vocabulary::FromHf(HfFolder::OpenTokenizer(folder.path())))};
  }();
  return subject;
}

// Conversations of a system message, a request and an answer.
inline std::vector<Sample> Conversations(const std::vector<std::pair<std::string, std::string>>& turns) {
  std::vector<Sample> samples;
  for (const auto& [request, answer] : turns) {
    Sample sample;
    sample.id = static_cast<int64_t>(samples.size());
    sample.messages = {{"system", "you are a cock"}, {"user", request}, {"assistant", answer}};
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace bantam::testing
