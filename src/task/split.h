// Train, validation and test: which values each may use, and how samples are dealt to them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bantam {

enum class Split { kTrain, kValidation, kTest };
inline constexpr std::array kSplits = {Split::kTrain, Split::kValidation, Split::kTest};

std::string_view Name(Split split);  // "train", "validation", "test"
std::optional<Split> SplitFromName(std::string_view name);

// Shares by split; they add up to 1.
using SplitShares = std::array<double, kSplits.size()>;

// The split that a hash falls into: for values that are made, not listed.
Split SplitOfHash(uint64_t hash, const SplitShares& shares);

// Deals the values of lists to the splits. Within each list the values, in the order of their hashes, are cut by the shares,
// rounded by largest remainder, at least one for each split that has a share; a value that an earlier list has too stays
// in the split it got there.
class ValueDealer {
 public:
  explicit ValueDealer(const SplitShares& shares) : shares_(shares) {}

  // The split of each value of a list; kFormat naming `where` when a split gets none.
  std::vector<Split> Deal(const std::vector<uint64_t>& hashes, const std::string& where);

 private:
  SplitShares shares_;
  std::unordered_map<uint64_t, Split> dealt_;
};

// Deals an endless row of samples so that after every one the counts are as near to the shares as whole numbers come.
class SplitDealer {
 public:
  explicit SplitDealer(const SplitShares& shares) : shares_(shares) {}

  struct Dealt {
    Split split;
    int64_t index;  // how many of that split came before
  };
  Dealt Next();

 private:
  SplitShares shares_;
  std::array<int64_t, kSplits.size()> counts_{};
  int64_t total_ = 0;
};

}  // namespace bantam
