#include "evaluation/training_overlap.h"

#include <algorithm>

#include "base/progress.h"
#include "measure/statistics.h"

namespace bantam {
namespace {

constexpr int64_t kBlock = 512;  // posters drawn at a time, on all threads, before the index takes them

}  // namespace

TrainingOverlap::TrainingOverlap(const std::vector<TrainingPosters>& training, ThreadPool& pool) {
  for (const TrainingPosters& posters : training) count_ += posters.count;
  Progress progress("Drawing the training posters", "posters", static_cast<uint64_t>(count_));
  for (const TrainingPosters& posters : training) {
    const auto graph = ContentGraph::Open(posters.graph);
    for (int64_t begin = 0; begin < posters.count; begin += kBlock) {
      const int64_t size = std::min(kBlock, posters.count - begin);
      std::vector<Sample> samples(static_cast<size_t>(size));
      pool.ForRanges(size, 16, [&](int64_t from, int64_t to) {
        for (int64_t i = from; i < to; ++i) {
          samples[static_cast<size_t>(i)] = graph.Draw(posters.seed, begin + i, Split::kTrain);
        }
      });
      for (const Sample& sample : samples) index_.Add(sample.messages.back().content, PosterMasks(sample.nodes));
      progress.Advance(static_cast<uint64_t>(size));
    }
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
