// Where a run can go on after it was stopped: one safetensors file that replaces the one before as a whole.
//
//   parameter/NAME, first_moment/NAME, second_moment/NAME   F32, for every trainable tensor
//   __metadata__                                            "bantam": the JSON of CheckpointState with
//                                                           "schema": "bantam.checkpoint/1"
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "train/parametrization.h"

namespace bantam {

// What a run was made of: it may only go on with the same.
struct RunIdentity {
  std::string recipe;                        // SHA-256 of what decides the result in the recipe
  std::map<std::string, std::string> files;  // SHA-256 of every file that it reads, by path
};

struct CheckpointState {
  RunIdentity identity;
  int64_t step = 0, tokens = 0;  // done
  double seconds = 0.0;          // of training
  Json objective;                // the place in the data
};

// The arrays beside it, [size of the parametrization] each.
template <typename T>
struct TrainingArrays {
  std::span<T> values, first_moments, second_moments;
};

void WriteCheckpoint(const std::filesystem::path& path, const CheckpointState& state,
                     const std::vector<Parametrization::Trainable>& trainables,
                     const TrainingArrays<const float>& arrays);

// Fills the arrays. kUsage when it belongs to another recipe or a file changed since, naming the file; kFormat when it is broken.
CheckpointState ReadCheckpoint(const std::filesystem::path& path, const RunIdentity& identity,
                               const std::vector<Parametrization::Trainable>& trainables,
                               const TrainingArrays<float>& arrays);

}  // namespace bantam
