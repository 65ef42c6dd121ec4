#include "base/file.h"

#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

size_t FilesIn(const std::filesystem::path& folder) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFileTest, AppearsWholeAtCommit) {
  testing::TemporaryFolder folder;
  {
    AtomicFile file(folder / "out.bin");
    file.Write(std::string(3 << 20, 'x'));  // above the buffer
    file.Write("tail");
    file.WriteZeros(5000);
    EXPECT_EQ(file.offset(), (3u << 20) + 4 + 5000);
    EXPECT_FALSE(std::filesystem::exists(folder / "out.bin"));
    file.Commit();
  }
  EXPECT_EQ(ReadAll(folder / "out.bin"), std::string(3 << 20, 'x') + "tail" + std::string(5000, '\0'));
  EXPECT_EQ(FilesIn(folder.path()), 1u);
}

TEST(AtomicFileTest, ReplacesAnExistingFileAndLeavesItWhenAbandoned) {
  testing::TemporaryFolder folder;
  WriteFileAtomically(folder / "a", "old");
  {
    AtomicFile(folder / "a").Write("new");
  }
  EXPECT_EQ(ReadAll(folder / "a"), "old");
  WriteFileAtomically(folder / "a", "new");
  EXPECT_EQ(ReadAll(folder / "a"), "new");
  EXPECT_EQ(FilesIn(folder.path()), 1u);
}

TEST(AtomicFileTest, FullDiskLeavesNothing) {
  testing::TemporaryFolder folder;
  // A limit on file sizes fails writes as a full disk does; the signal that comes with it must not end the test.
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small{1 << 20, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  EXPECT_BANTAM_ERROR(WriteFileAtomically(folder / "big", std::string(4 << 20, 'x')), ErrorCode::kIo, HasSubstr("big"));
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(FilesIn(folder.path()), 0u);
}

TEST(AtomicFileTest, NamesThePathItCannotCreate) {
  EXPECT_BANTAM_ERROR(AtomicFile("/nonexistent/folder/file"), ErrorCode::kIo, HasSubstr("/nonexistent/folder/file"));
  testing::TemporaryFolder folder;
  EXPECT_BANTAM_ERROR(AtomicFile(folder.path()), ErrorCode::kIo, HasSubstr("is a directory"));
}

TEST(MappedFileTest, MapsAndRefuses) {
  testing::TemporaryFolder folder;
  WriteFileAtomically(folder / "a", "hello");
  const auto file = MappedFile::Open(folder / "a");
  ASSERT_EQ(file->bytes().size(), 5u);
  EXPECT_EQ(static_cast<char>(file->bytes()[4]), 'o');
  WriteFileAtomically(folder / "empty", "");
  EXPECT_TRUE(MappedFile::Open(folder / "empty")->bytes().empty());
  EXPECT_BANTAM_ERROR(MappedFile::Open(folder / "none"), ErrorCode::kIo, HasSubstr("none"));
  EXPECT_BANTAM_ERROR(MappedFile::Open(folder.path()), ErrorCode::kIo, HasSubstr("is a directory"));
  EXPECT_BANTAM_ERROR(MappedFile::Open("/dev/zero"), ErrorCode::kIo, HasSubstr("not a regular file"));
  EXPECT_BANTAM_ERROR(ReadFile(folder / "a", 4), ErrorCode::kFormat, HasSubstr("5 bytes"));
}

}  // namespace
}  // namespace bantam
