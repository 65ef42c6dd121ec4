// Runs a program to its end and keeps what it wrote: what the tests of the command line stand on.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace bantam::testing {

struct ProcessOptions {
  std::string input = {};                       // standard input, then its end
  std::string stdout_path = {};                 // a file or device instead of `Finished::out`
  std::vector<std::string> environment = {};    // "NAME=value", added to our own
  uint64_t file_limit_bytes = 0;                // writing a file beyond this fails, as on a full disk; 0: no limit
  bool close_stdout_early = false;              // the reader of standard output is gone from the start
  std::function<void(pid_t pid)> started = {};  // called once the program runs, for tests that signal it
  std::function<void(pid_t pid)> spoke = {};    // called at the first byte of output
};

struct Finished {
  int status = -1;  // exit status; 128 + signal when a signal ended it, as a shell reports
  std::string out, err;
};

Finished RunProcess(const std::string& program, const std::vector<std::string>& arguments,
                    const ProcessOptions& options = {});

}  // namespace bantam::testing
