// The one exception type of Bantam: what was wrong, where, and what to do about it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace bantam {

enum class ErrorCode {
  kUsage,        // a flag, a configuration key or an argument is wrong
  kIo,           // the operating system refused to read or write
  kFormat,       // bytes from outside break the rules of their format
  kUnsupported,  // valid, but something Bantam does not do
  kNumeric,      // NaN or infinity where a number is needed
  kMemory,       // does not fit the memory there is or the limit that was set
  kCancelled,    // the user pressed Ctrl-C or a caller asked to stop
  kInternal,     // a defect of Bantam itself
};

class Error : public std::runtime_error {
 public:
  // `what` says what was wrong, `where` names the file, tensor, byte offset or flag, `hint` says what to do; the last
  // two may be empty. what() joins them: "where: what (hint)".
  Error(ErrorCode code, std::string what, std::string where = {}, std::string hint = {});

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& where() const { return where_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorCode code_;
  std::string message_, where_, hint_;
};

// Name of a code as it stands in JSON results: "usage", "io", "format", ...
std::string_view ErrorCodeName(ErrorCode code);

// Exit status of a program that ends with this error: 2 usage, 3 bad input (format, unsupported, numeric), 4 io, 5
// memory, 130 cancelled, 70 internal. 1 is kept for "ran well, and the answer is no".
int ExitStatus(ErrorCode code);

[[noreturn]] void Fail(ErrorCode code, std::string what, std::string where = {}, std::string hint = {});

}  // namespace bantam
