#include "task/split.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"
#include "task/hash.h"

namespace bantam {
namespace {

constexpr std::array<std::string_view, kSplits.size()> kNames = {"train", "validation", "test"};

// How many of `count` values each split gets.
std::array<int64_t, kSplits.size()> Apportion(int64_t count, const SplitShares& shares) {
  std::array<int64_t, kSplits.size()> counts{};
  std::array<double, kSplits.size()> remainders{};
  int64_t left = count;
  for (size_t s = 0; s < kSplits.size(); ++s) {
    const double exact = shares[s] * static_cast<double>(count);
    counts[s] = std::max<int64_t>(shares[s] > 0 ? 1 : 0, static_cast<int64_t>(std::floor(exact)));
    remainders[s] = exact - static_cast<double>(counts[s]);
    left -= counts[s];
  }
  for (; left > 0; --left) {
    const size_t s = std::max_element(remainders.begin(), remainders.end()) - remainders.begin();
    ++counts[s];
    remainders[s] -= 1;
  }
  for (; left < 0; ++left) --*std::max_element(counts.begin(), counts.end());  // the minimum of one took too many
  return counts;
}

}  // namespace

std::string_view Name(Split split) { return kNames[static_cast<size_t>(split)]; }

std::optional<Split> SplitFromName(std::string_view name) {
  for (const Split split : kSplits) {
    if (Name(split) == name) return split;
  }
  return std::nullopt;
}

Split SplitOfHash(uint64_t hash, const SplitShares& shares) {
  double rest = UnitInterval(hash);
  Split last = Split::kTrain;
  for (const Split split : kSplits) {
    const double share = shares[static_cast<size_t>(split)];
    if (share <= 0) continue;
    if (rest < share) return split;
    rest -= share;
    last = split;
  }
  return last;
}

std::vector<Split> ValueDealer::Deal(const std::vector<uint64_t>& hashes, const std::string& where) {
  std::vector<uint64_t> distinct(hashes);
  std::sort(distinct.begin(), distinct.end());
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  const auto needed = std::count_if(shares_.begin(), shares_.end(), [](double share) { return share > 0; });
  if (std::ssize(distinct) < needed) {
    Fail(ErrorCode::kFormat, fmt::format("{} different values cannot be dealt to {} splits", distinct.size(), needed),
         where, "list more values, or take partition away");
  }
  auto open = Apportion(std::ssize(distinct), shares_);  // places left in each split
  std::array<int64_t, kSplits.size()> counts{};
  std::vector<uint64_t> fresh;
  for (const uint64_t hash : distinct) {
    const auto found = dealt_.find(hash);
    if (found == dealt_.end()) {
      fresh.push_back(hash);
    } else {
      --open[static_cast<size_t>(found->second)];
      ++counts[static_cast<size_t>(found->second)];
    }
  }
  for (const uint64_t hash : fresh) {
    size_t split = 0;
    while (split + 1 < open.size() && open[split] <= 0) ++split;
    --open[split];
    ++counts[split];
    dealt_[hash] = kSplits[split];
  }
  for (size_t s = 0; s < counts.size(); ++s) {
    if (shares_[s] > 0 && counts[s] == 0) {
      Fail(ErrorCode::kFormat,
           fmt::format("values that other lists have too leave none for the split \"{}\"", Name(kSplits[s])), where,
           "list more values, or take partition away");
    }
  }
  std::vector<Split> splits;
  for (const uint64_t hash : hashes) splits.push_back(dealt_.at(hash));
  return splits;
}

SplitDealer::Dealt SplitDealer::Next() {
  ++total_;
  size_t next = 0;
  double largest = -1;
  for (size_t s = 0; s < kSplits.size(); ++s) {
    const double owed = shares_[s] * static_cast<double>(total_) - static_cast<double>(counts_[s]);
    if (shares_[s] > 0 && owed > largest + 1e-9) {
      largest = owed;
      next = s;
    }
  }
  return {kSplits[next], counts_[next]++};
}

}  // namespace bantam
