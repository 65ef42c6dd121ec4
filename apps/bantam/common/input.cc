#include "common/input.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/cancel.h"
#include "base/error.h"
#include "base/file.h"

namespace bantam::cli {
namespace {

std::string pending;  // read from standard input and not yet handed out

// Appends what standard input has to `pending`; false at its end. poll() ends on a signal whatever the handler's flags
// are, so Ctrl-C works while nobody types.
bool ReadMore() {
  pollfd input = {STDIN_FILENO, POLLIN, 0};
  while (poll(&input, 1, -1) < 0) {
    if (errno != EINTR) Fail(ErrorCode::kIo, std::generic_category().message(errno), "standard input");
    ThrowIfCancelled();
  }
  char bytes[4096];
  const ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));
  ThrowIfCancelled();
  if (got < 0 && errno != EINTR) {
    Fail(ErrorCode::kIo, "cannot read: " + std::generic_category().message(errno), "standard input");
  }
  if (got > 0) pending.append(bytes, static_cast<size_t>(got));
  return got != 0;
}

}  // namespace

void AddTextOptions(CLI::App& verb, TextOptions& options) {
  CLI::Option* prompt = verb.add_option("-p,--prompt", options.prompt, "the text")->type_name("TEXT");
  verb.add_option("-f,--file", options.file, "read the text from a file")->type_name("FILE")->excludes(prompt);
}

std::string ReadText(const TextOptions& options) {
  if (options.prompt) return *options.prompt;
  return options.file.empty() ? ReadStandardInput() : ReadFile(options.file);
}

std::string ReadStandardInput() {
  while (ReadMore()) {
  }
  return std::exchange(pending, {});
}

std::optional<std::string> ReadLine() {
  size_t end = pending.find('\n');
  while (end == std::string::npos) {
    const size_t searched = pending.size();
    if (!ReadMore()) {
      if (pending.empty()) return std::nullopt;
      return std::exchange(pending, {});
    }
    end = pending.find('\n', searched);
  }
  std::string line = pending.substr(0, end);
  pending.erase(0, end + 1);
  return line;
}

}  // namespace bantam::cli
