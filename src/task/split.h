// Train, validation and test: which values each may use, and how samples are dealt to them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
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

// The split of each listed value by its hash: values in the order of their hashes are cut by the shares, rounded by largest
// remainder; each split with a share gets at least one. kFormat naming `where` when there are fewer values than splits.
std::vector<Split> DealByRank(const std::vector<uint64_t>& hashes, const SplitShares& shares, const std::string& where);

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
