// Helpers shared by the tests of every room.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/env.h"
#include "base/error.h"

namespace bantam::testing {

// A folder that exists for one test and is removed with all it holds.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "bantam-test-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// The folder of third-party test data: BANTAM_DATA, else ../shared/data beside the checkout; empty when there is none.
inline std::filesystem::path DataFolder() {
  const auto set = env::Data();
  const std::filesystem::path folder =
      set ? std::filesystem::path(*set) : std::filesystem::path(BANTAM_SOURCE_DIR) / "../shared/data";
  return std::filesystem::exists(folder) ? folder : std::filesystem::path();
}

}  // namespace bantam::testing

// Skips the test when the third-party data is absent.
#define BANTAM_NEEDS_DATA() \
  if (bantam::testing::DataFolder().empty()) GTEST_SKIP() << "skipped: no data"

// Expects `statement` to throw bantam::Error with this code, its what() matching the gmock matcher.
#define EXPECT_BANTAM_ERROR(statement, expected_code, matcher)                                              \
  do {                                                                                                      \
    bool threw = false;                                                                                     \
    try {                                                                                                   \
      statement;                                                                                            \
    } catch (const bantam::Error& error) {                                                                  \
      threw = true;                                                                                         \
      EXPECT_EQ(bantam::ErrorCodeName(error.code()), bantam::ErrorCodeName(expected_code)) << error.what(); \
      EXPECT_THAT(std::string(error.what()), matcher);                                                      \
    }                                                                                                       \
    EXPECT_TRUE(threw) << "no bantam::Error from " #statement;                                              \
  } while (false)
