#include "train/training_log.h"

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace bantam {

TrainingLog::TrainingLog(std::filesystem::path path, int64_t steps_done) : path_(std::move(path)) {
  if (path_.has_parent_path()) std::filesystem::create_directories(path_.parent_path());
  WriteFileAtomically(path_, steps_done > 0 ? LinesUpTo(steps_done) : "");
  file_.open(path_, std::ios::app);
}

std::string TrainingLog::LinesUpTo(int64_t steps_done) {
  std::string kept;
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line);) {
    const Json json = Json::parse(line, nullptr, false);  // the last line of a killed run may be cut
    if (!json.is_object() || !json.contains("step") || !json["step"].is_number_integer()) continue;
    if (json["step"].get<int64_t>() > steps_done) continue;
    kept += line + "\n";
    NoteValidation(json);
  }
  return kept;
}

void TrainingLog::NoteValidation(const Json& line) {
  if (line.contains("validation")) last_validated_ = line["step"].get<int64_t>();
}

void TrainingLog::Write(const Json& line) {
  errno = 0;
  file_ << DumpJson(line, -1) << "\n" << std::flush;
  if (!file_) {
    Fail(ErrorCode::kIo, "cannot write the log: " + std::generic_category().message(errno), path_.string(),
         "free some space or choose another disk; the last checkpoint is kept");
  }
  NoteValidation(line);
}

}  // namespace bantam
