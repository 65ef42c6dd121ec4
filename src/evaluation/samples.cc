#include "evaluation/samples.h"

#include <map>
#include <set>

#include "base/error.h"
#include "base/progress.h"
#include "evaluation/proportions.h"

namespace bantam {
namespace {

// A graph whose test split holds `count` different requests gives them within a few times as many draws.
constexpr int64_t kDrawsPerSample = 20;

std::string Prompt(const Sample& sample) {
  std::string prompt;
  for (size_t i = 0; i + 1 < sample.messages.size(); ++i) prompt += sample.messages[i].content + '\n';
  return prompt;
}

}  // namespace

std::vector<Sample> DrawTestSamples(const ContentGraph& graph, int64_t count, uint64_t seed) {
  std::vector<Sample> samples;
  std::set<std::string> seen;
  Progress progress("Drawing " + graph.name(), "samples", static_cast<uint64_t>(count));
  for (int64_t index = 0; index < count * kDrawsPerSample && static_cast<int64_t>(samples.size()) < count; ++index) {
    Sample sample = graph.Draw(seed, index, Split::kTest);
    if (!seen.insert(Prompt(sample)).second) continue;
    samples.push_back(std::move(sample));
    progress.Advance();
  }
  return samples;
}

Answers ReferenceAnswers(const std::vector<Sample>& samples) {
  Answers references;
  for (const Sample& sample : samples) references.answers.push_back({.text = sample.messages.back().content});
  return references;
}

const std::string& Request(const Sample& sample) { return sample.messages.at(sample.messages.size() - 2).content; }

Json SharesByTag(const std::vector<Sample>& samples, const std::vector<bool>& passed, std::string_view tag) {
  std::map<std::string, Proportion> shares;
  for (size_t i = 0; i < samples.size(); ++i) {
    const auto value = samples[i].tags.find(std::string(tag));
    if (value == samples[i].tags.end()) continue;
    Proportion& share = shares[value->get<std::string>()];
    ++share.n;
    if (passed[i]) ++share.hits;
  }
  Json json = Json::object();
  for (const auto& [value, share] : shares) json[value] = ToJson(share);
  return json;
}

}  // namespace bantam
