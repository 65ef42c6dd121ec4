#include "evaluation/mutations.h"

#include <map>
#include <optional>

#include "base/error.h"
#include "base/progress.h"
#include "evaluation/proportions.h"

namespace bantam {
namespace {

constexpr int64_t kDonors = 20;  // a fraction of all samples is too like another to spoil it

std::optional<std::string> Spoil(const PosterRubric& rubric, const ContentGraph& graph, const Sample& sample,
                                 PosterMutation mutation, uint64_t seed) {
  const auto record = PosterRecord::FromNodes(sample.nodes);
  for (int64_t next = 1; next <= kDonors; ++next) {
    const Sample donor = graph.Draw(seed, sample.id + next, Split::kTest);
    Rng rng(seed, static_cast<uint64_t>(sample.id));
    try {
      return Mutate(mutation, rubric.world(), record, sample.messages.back().content, rng,
                    PosterRecord::FromNodes(donor.nodes));
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUsage) throw;  // kUsage: this donor has nothing to give
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<SpoiltPoster> SpoilPosters(const PosterRubric& rubric, const ContentGraph& graph, int64_t count,
                                       uint64_t seed) {
  std::vector<SpoiltPoster> spoilt;
  Progress progress("Spoiling posters", "posters", static_cast<uint64_t>(count));
  for (int64_t index = 0; index < count; ++index) {
    progress.Advance();
    Sample sample = graph.Draw(seed, index, Split::kTest);
    if (!rubric.Judge(sample.nodes, sample.messages.back().content).pass()) continue;
    const PosterMutation mutation = kPosterMutations[static_cast<size_t>(index) % kPosterMutations.size()];
    auto text = Spoil(rubric, graph, sample, mutation, seed);
    if (!text) continue;
    RubricResult verdict = rubric.Judge(sample.nodes, *text);
    spoilt.push_back({std::move(sample), mutation, std::move(*text), std::move(verdict)});
  }
  return spoilt;
}

Json ToJson(const std::vector<SpoiltPoster>& posters) {
  Proportion rejected;
  std::map<PosterMutation, Proportion> by_kind;
  for (const SpoiltPoster& poster : posters) {
    for (Proportion* share : {&rejected, &by_kind[poster.mutation]}) {
      ++share->n;
      if (!poster.verdict.pass()) ++share->hits;
    }
  }
  Json json = {{"rejected", ToJson(rejected)}, {"by_kind", Json::object()}};
  for (const auto& [kind, share] : by_kind) json["by_kind"][std::string(Name(kind))] = ToJson(share);
  return json;
}

}  // namespace bantam
