#include "common/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/utf8.h"

namespace bantam::cli {
namespace {

constexpr size_t kBufferBytes = 1 << 16;
std::string buffer;

void WriteError(std::string_view prefix, std::string_view text) {
  const std::string line = std::string(prefix) + Printable(text) + "\n";
  // Nothing is left to say where standard error itself fails.
  [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void Print(std::string_view text) {
  buffer += text;
  if (buffer.size() >= kBufferBytes) Flush();
}

void Flush() {
  std::string pending;
  pending.swap(buffer);  // a failed write is not tried again at exit
  std::string_view rest = pending;
  while (!rest.empty()) {
    const ssize_t wrote = write(STDOUT_FILENO, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0 && errno == EPIPE) throw ClosedPipe();
    if (wrote < 0) {
      Fail(ErrorCode::kIo, "cannot write: " + std::generic_category().message(errno), "standard output");
    }
    rest.remove_prefix(static_cast<size_t>(wrote));
  }
}

void PrintError(std::string_view text) { WriteError("error: ", text); }
void PrintNote(std::string_view text) { WriteError("note: ", text); }

std::string Printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    text.remove_prefix(static_cast<size_t>(point.length));
    if (point.value == '\n') {
      out += "\\n";
    } else if (point.value == '\t') {
      out += "\\t";
    } else if (point.value < 0x20 || (point.value >= 0x7f && point.value < 0xa0)) {
      out += fmt::format("\\x{:02x}", static_cast<uint32_t>(point.value));
    } else {
      AppendUtf8(out, point.value);
    }
  }
  return out;
}

}  // namespace bantam::cli
