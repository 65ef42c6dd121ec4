#include "evaluation/training_overlap.h"

#include <algorithm>

#include "base/progress.h"
#include "measure/statistics.h"

namespace bantam {
namespace {

constexpr int64_t kBlock = 512;  // posters drawn at a time, on all threads, before the index takes them

}  // namespace

TrainingOverlap::TrainingOverlap(const ContentGraph& graph, int64_t count, uint64_t seed, ThreadPool& pool)
    : count_(count) {
  Progress progress("Drawing the training posters", "posters", static_cast<uint64_t>(count));
  for (int64_t begin = 0; begin < count; begin += kBlock) {
    const int64_t size = std::min(kBlock, count - begin);
    std::vector<Sample> samples(static_cast<size_t>(size));
    pool.ForRanges(size, 16, [&](int64_t from, int64_t to) {
      for (int64_t i = from; i < to; ++i) {
        samples[static_cast<size_t>(i)] = graph.Draw(seed, begin + i, Split::kTrain);
      }
    });
    for (const Sample& sample : samples) index_.Add(sample.messages.back().content, PosterMasks(sample.nodes));
    progress.Advance(static_cast<uint64_t>(size));
  }
}

Json TrainingOverlap::Measure(const std::vector<Sample>& samples, const Answers& answers) const {
  std::vector<double> generated, held_out;  // [samples]
  for (size_t i = 0; i < samples.size(); ++i) {
    const std::vector<std::string> masked = PosterMasks(samples[i].nodes);
    generated.push_back(index_.Overlap(answers.answers[i].text, masked));
    held_out.push_back(index_.Overlap(samples[i].messages.back().content, masked));
  }
  const Estimate difference = MeanDifference(generated, held_out);
  return {{"generated", Mean(generated).value},
          {"held_out", Mean(held_out).value},
          {"difference", difference.value},
          {"stderr", ToJson(difference)["stderr"]},
          {"training_posters", count_}};
}

}  // namespace bantam
