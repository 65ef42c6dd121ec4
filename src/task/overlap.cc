#include "task/overlap.h"

#include <algorithm>
#include <set>

#include "task/hash.h"
#include "task/poster_record.h"
#include "task/text_measures.h"

namespace bantam {

std::vector<uint64_t> OverlapIndex::Grams(std::string_view text, const std::vector<std::string>& masked) const {
  std::set<std::string, std::less<>> masks;
  for (const std::string& phrase : masked) {
    for (const Word& word : Words(phrase)) {
      if (!IsFunctionWord(word.text)) masks.insert(LowerAscii(word.text));
    }
  }
  constexpr uint64_t kPlaceholder = 0;
  std::vector<uint64_t> words;
  for (const Word& word : Words(text)) {
    const std::string lower = LowerAscii(word.text);
    if (!masks.contains(lower)) {
      words.push_back(HashText(lower));
    } else if (words.empty() || words.back() != kPlaceholder) {
      words.push_back(kPlaceholder);
    }
  }
  std::vector<uint64_t> grams;
  const auto length = static_cast<size_t>(n_);
  for (size_t i = 0; i + length <= words.size(); ++i) {
    uint64_t hash = 0;
    for (size_t j = i; j < i + length; ++j) hash = Combine(hash, words[j]);
    grams.push_back(hash);
  }
  return grams;
}

void OverlapIndex::Add(std::string_view text, const std::vector<std::string>& masked) {
  for (const uint64_t gram : Grams(text, masked)) grams_.insert(gram);
}

double OverlapIndex::Overlap(std::string_view text, const std::vector<std::string>& masked) const {
  const std::vector<uint64_t> grams = Grams(text, masked);
  if (grams.empty()) return 0;
  const auto seen = std::ranges::count_if(grams, [&](uint64_t gram) { return grams_.contains(gram); });
  return static_cast<double>(seen) / static_cast<double>(grams.size());
}

std::vector<std::string> PosterMasks(const Json& nodes) {
  const PosterRecord record = PosterRecord::FromNodes(nodes);
  std::vector<std::string> masks;
  for (const PosterPerson* person : {&record.sender, &record.target}) {
    masks.insert(masks.end(), {person->name(), person->job, person->faction});
  }
  for (const PosterItem& item : record.items) masks.insert(masks.end(), {item.past, item.gerund, item.base});
  const std::string nickname = Get<std::string>(nodes, "nickname", "nodes", "");
  if (!nickname.empty()) masks.push_back(nickname);
  return masks;
}

}  // namespace bantam
