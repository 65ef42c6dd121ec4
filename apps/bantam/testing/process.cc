#include "testing/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace bantam::testing {
namespace {

struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  }
  ~Pipe() {
    Close(0);
    Close(1);
  }
  void Close(int end) {
    if (ends[end] >= 0) close(ends[end]);
    ends[end] = -1;
  }
};

[[noreturn]] void Become(const std::string& program, const std::vector<std::string>& arguments,
                         const ProcessOptions& options, const Pipe& in, const Pipe& out, const Pipe& err) {
  dup2(in.ends[0], STDIN_FILENO);
  const int file = options.stdout_path.empty() ? -1 : open(options.stdout_path.c_str(), O_WRONLY | O_CREAT, 0666);
  dup2(file >= 0 ? file : out.ends[1], STDOUT_FILENO);
  dup2(err.ends[1], STDERR_FILENO);
  for (const std::string& variable : options.environment) putenv(const_cast<char*>(variable.c_str()));
  if (options.file_limit_bytes > 0) {
    signal(SIGXFSZ, SIG_IGN);  // write() then fails with EFBIG
    const rlimit limit = {options.file_limit_bytes, options.file_limit_bytes};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(program.c_str(), argv.data());
  _exit(127);
}

// Reads what is there; false at the end.
bool Drain(int descriptor, std::string* text) {
  char bytes[4096];
  const ssize_t got = read(descriptor, bytes, sizeof(bytes));
  if (got > 0) text->append(bytes, static_cast<size_t>(got));
  return got > 0 || (got < 0 && errno == EINTR);
}

}  // namespace

Finished RunProcess(const std::string& program, const std::vector<std::string>& arguments,
                    const ProcessOptions& options) {
  Pipe in, out, err;
  const pid_t pid = fork();
  if (pid < 0) std::abort();
  if (pid == 0) {
    if (options.close_stdout_early) close(out.ends[0]);
    Become(program, arguments, options, in, out, err);
  }
  in.Close(0);
  out.Close(1);
  err.Close(1);
  if (options.close_stdout_early) out.Close(0);
  // The tests' inputs are smaller than a pipe's buffer, so this does not block; the program may be gone already.
  signal(SIGPIPE, SIG_IGN);
  [[maybe_unused]] const ssize_t ignored = write(in.ends[1], options.input.data(), options.input.size());
  in.Close(1);
  if (options.started) options.started(pid);

  Finished finished;
  bool out_open = out.ends[0] >= 0, err_open = true, spoke = false;
  while (out_open || err_open) {
    pollfd polls[] = {{out_open ? out.ends[0] : -1, POLLIN, 0}, {err_open ? err.ends[0] : -1, POLLIN, 0}};
    if (poll(polls, 2, -1) < 0) continue;
    if (polls[0].revents != 0) out_open = Drain(out.ends[0], &finished.out);
    if (polls[1].revents != 0) err_open = Drain(err.ends[0], &finished.err);
    if (!spoke && !finished.out.empty()) {
      spoke = true;
      if (options.spoke) options.spoke(pid);
    }
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return finished;
}

}  // namespace bantam::testing
