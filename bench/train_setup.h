// What the two programs that measure training share, so that both do the same work: the shape, the first weights, the batch, the
// optimiser's settings, and how steps are timed and reported. Standard C++17 alone: one of the programs is built so
// (cmake/Torch.cmake) and cannot include Bantam's headers.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace train_bench {

// A Llama of 8.3 million parameters, head tied to the embedding, neighbouring dimensions turned together.
constexpr int64_t kLayers = 6, kWidth = 288, kHeads = 6, kHeadDim = 48, kFeedForward = 768, kVocab = 8192;
constexpr double kNormEps = 1e-5, kRopeTheta = 10000.0;
constexpr int64_t kDocuments = 8, kLength = 256, kTokens = kDocuments * kLength;

// AdamW; norms and the embedding do not decay. The gradient's length is limited.
constexpr double kLearningRate = 1e-3, kBeta1 = 0.9, kBeta2 = 0.95, kEps = 1e-8, kDecay = 0.1, kClip = 1.0;

// Splitmix64: the same numbers in both programs.
inline uint64_t Random(uint64_t index) {
  uint64_t z = (index + 1) * 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// Value `index` of the flat array of parameters when it belongs to a matrix (norms begin at 1): uniform, of standard deviation
// 0.02.
inline float FirstWeight(int64_t index) {
  const double uniform = static_cast<double>(Random(index) >> 11) * 0x1p-53;
  return static_cast<float>(0.02 * std::sqrt(12.0) * (uniform - 0.5));
}

struct Batch {
  std::vector<int32_t> tokens, targets;  // [documents, length]
};

inline Batch FirstBatch() {
  Batch batch;
  for (int64_t document = 0; document < kDocuments; ++document) {
    const auto token = [&](int64_t position) {
      return static_cast<int32_t>(Random((uint64_t{1} << 40) + document * (kLength + 1) + position) % kVocab);
    };
    for (int64_t position = 0; position < kLength; ++position) {
      batch.tokens.push_back(token(position));
      batch.targets.push_back(token(position + 1));
    }
  }
  return batch;
}

// The most memory this process ever held.
inline double PeakMegabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::strtod(line.c_str() + 6, nullptr) * 1024e-6;
  }
  return std::nan("");
}

// PROGRAM [THREADS [WARM_UP [STEPS]]]
struct Arguments {
  int threads = 2;
  int64_t warm_up = 3, steps = 10;  // before the clock starts, and timed

  Arguments(int argc, char** argv) {
    if (argc > 1) threads = std::max(1, std::atoi(argv[1]));
    if (argc > 2) warm_up = std::max(1, std::atoi(argv[2]));
    if (argc > 3) steps = std::max(1, std::atoi(argv[3]));
  }
};

// Calls step(number), which is one whole training step on the batch and returns its mean loss, and prints a line of JSON.
template <typename Step>
void MeasureSteps(const Arguments& arguments, const Step& step) {
  double first_loss = 0, last_loss = 0;
  const auto run = [&](int64_t from, int64_t to) {
    const auto start = std::chrono::steady_clock::now();
    for (int64_t number = from; number <= to; ++number) {
      last_loss = step(number);
      if (number == 1) first_loss = last_loss;
    }
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  run(1, arguments.warm_up);
  const double seconds = run(arguments.warm_up + 1, arguments.warm_up + arguments.steps);
  std::printf("{\"tokens_per_second\": %.1f, \"peak_mb\": %.1f, \"first_loss\": %.5f, \"last_loss\": %.5f}\n",
              static_cast<double>(arguments.steps * kTokens) / seconds, PeakMegabytes(), first_loss, last_loss);
}

}  // namespace train_bench
