// The log of a run: one JSON object a line, written as it happens.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/json.h"

namespace bantam {

class TrainingLog {
 public:
  // Keeps the lines of an earlier part of the run up to and including `steps_done`; a killed run may have logged steps after its
  // last checkpoint. 0: starts an empty log.
  TrainingLog(std::filesystem::path path, int64_t steps_done);

  // Error kIo when the disk is full.
  void Write(const Json& line);

  // The last step with a line of validation; 0: there is none.
  int64_t last_validated() const { return last_validated_; }

 private:
  std::string LinesUpTo(int64_t steps_done);
  void NoteValidation(const Json& line);

  std::filesystem::path path_;
  std::ofstream file_;
  int64_t last_validated_ = 0;
};

}  // namespace bantam
