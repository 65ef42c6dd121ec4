#include "base/file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace bantam {
namespace {

constexpr size_t kBufferBytes = size_t{1} << 20;  // one write call per MiB: the call's cost vanishes against the copy

std::string ErrnoText(int error_number) { return std::generic_category().message(error_number); }

// Opens a regular file for reading and tells its size.
int OpenForReading(const std::filesystem::path& path, uint64_t* size) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) Fail(ErrorCode::kIo, "cannot open: " + ErrnoText(errno), path.string());
  struct stat info{};
  const bool ok = fstat(descriptor, &info) == 0;
  if (!ok || !S_ISREG(info.st_mode)) {
    close(descriptor);
    Fail(ErrorCode::kIo, S_ISDIR(info.st_mode) ? "is a directory, a file is needed" : "is not a regular file",
         path.string());
  }
  *size = static_cast<uint64_t>(info.st_size);
  return descriptor;
}

}  // namespace

std::shared_ptr<const MappedFile> MappedFile::Open(const std::filesystem::path& path) {
  uint64_t size = 0;
  const int descriptor = OpenForReading(path, &size);
  std::shared_ptr<MappedFile> file(new MappedFile);
  file->path_ = path;
  if (size > 0) {
    void* address = mmap(nullptr, size, PROT_READ, MAP_SHARED, descriptor, 0);
    const int error_number = errno;
    close(descriptor);
    if (address == MAP_FAILED) Fail(ErrorCode::kIo, "cannot map: " + ErrnoText(error_number), path.string());
    file->data_ = static_cast<const std::byte*>(address);
    file->size_ = size;
  } else {
    close(descriptor);
  }
  return file;
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) munmap(const_cast<std::byte*>(data_), size_);
}

std::string ReadFile(const std::filesystem::path& path, uint64_t max_bytes) {
  uint64_t size = 0;
  const int descriptor = OpenForReading(path, &size);
  if (size > max_bytes) {
    close(descriptor);
    Fail(ErrorCode::kFormat,
         "has " + std::to_string(size) + " bytes, at most " + std::to_string(max_bytes) + " are read", path.string());
  }
  std::string text(size, '\0');
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t got = read(descriptor, text.data() + done, text.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      const std::string reason = got < 0 ? ErrnoText(errno) : "the file shrank while it was read";
      close(descriptor);
      Fail(ErrorCode::kIo, "cannot read: " + reason, path.string());
    }
    done += static_cast<size_t>(got);
  }
  close(descriptor);
  return text;
}

AtomicFile::AtomicFile(std::filesystem::path path) : path_(std::move(path)) {
  std::filesystem::path folder = path_.parent_path();
  if (folder.empty()) folder = ".";
  std::error_code ignored;
  if (std::filesystem::is_directory(path_, ignored))
    Fail(ErrorCode::kIo, "is a directory, a file is needed", path_.string());
  descriptor_ = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
  if (descriptor_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    temporary_ = folder / ("." + path_.filename().string() + "." + std::to_string(getpid()) + ".partial");
    descriptor_ = open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) temporary_.clear();
  }
  if (descriptor_ < 0) Fail(ErrorCode::kIo, "cannot create: " + ErrnoText(errno), path_.string());
  buffer_.reserve(kBufferBytes);
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void AtomicFile::FailWrite(int error_number, std::string_view action) const {
  Fail(ErrorCode::kIo, "cannot " + std::string(action) + ": " + ErrnoText(error_number), path_.string(),
       error_number == ENOSPC || error_number == EDQUOT ? "free some space or choose another disk" : "");
}

void AtomicFile::Write(std::span<const std::byte> bytes) {
  offset_ += bytes.size();
  if (buffer_.size() + bytes.size() > kBufferBytes) Flush();
  if (bytes.size() >= kBufferBytes) {
    WriteThrough(bytes);
  } else {
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
}

void AtomicFile::WriteZeros(uint64_t count) {
  static constexpr std::byte kZeros[4096] = {};
  while (count > 0) {
    const uint64_t now = std::min<uint64_t>(count, sizeof(kZeros));
    Write(std::span(kZeros).first(now));
    count -= now;
  }
}

void AtomicFile::Flush() {
  WriteThrough(std::as_bytes(std::span(buffer_)));
  buffer_.clear();
}

void AtomicFile::WriteThrough(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(descriptor_, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) FailWrite(errno, "write");
    bytes = bytes.subspan(static_cast<size_t>(wrote));
  }
}

void AtomicFile::Commit() {
  Flush();
  if (fsync(descriptor_) != 0) FailWrite(errno, "sync");
  if (temporary_.empty()) {
    // A file without a name gets a temporary one first: linkat cannot replace an existing file, rename can.
    const std::string source = "/proc/self/fd/" + std::to_string(descriptor_);
    const std::filesystem::path name =
        path_.parent_path() / ("." + path_.filename().string() + "." + std::to_string(getpid()) + ".partial");
    unlink(name.c_str());
    if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
      FailWrite(errno, "name the file");
    temporary_ = name;
  }
  if (rename(temporary_.c_str(), path_.c_str()) != 0) FailWrite(errno, "rename");
  temporary_.clear();
  if (close(std::exchange(descriptor_, -1)) != 0) FailWrite(errno, "close");
}

void WriteFileAtomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.Write(text);
  file.Commit();
}

}  // namespace bantam
