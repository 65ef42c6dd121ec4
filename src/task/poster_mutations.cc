#include "task/poster_mutations.h"

#include <vector>

#include "base/error.h"
#include "task/text_measures.h"

namespace bantam {
namespace {

[[noreturn]] void FailMutation(const std::string& what) {
  Fail(ErrorCode::kUsage, what, "mutation of a poster", "take another donor");
}

template <typename T>
const T& Pick(const std::vector<T>& list, Rng& rng, const char* none) {
  if (list.empty()) FailMutation(none);
  return list[rng.NextBelow(list.size())];
}

std::string DropItem(const PosterRecord& record, std::string_view poster, Rng& rng) {
  const PosterItem& item = record.items[rng.NextBelow(record.items.size())];
  std::string kept(poster);
  const std::vector<std::string_view> sentences = Sentences(poster);
  bool dropped = false;
  for (size_t i = sentences.size(); i-- > 0;) {
    if (!Tells(Stems(sentences[i]), item)) continue;
    kept.erase(static_cast<size_t>(sentences[i].data() - poster.data()), sentences[i].size());
    dropped = true;
  }
  if (!dropped) FailMutation("the poster does not tell '" + item.past + "'");
  return kept;
}

std::string ReplaceItem(const PosterRecord& record, std::string_view poster, Rng& rng, const PosterRecord& donor) {
  std::vector<const PosterItem*> foreign;
  for (const PosterItem& item : donor.items) {
    bool known = false;
    for (const PosterItem& own : record.items) known = known || own.act == item.act;
    if (!known) foreign.push_back(&item);
  }
  const PosterItem& put = *Pick(foreign, rng, "every act of the donor is in the record");
  const PosterItem& taken = record.items[rng.NextBelow(record.items.size())];
  for (std::string PosterItem::* form : {&PosterItem::past, &PosterItem::gerund, &PosterItem::base}) {
    const size_t at = poster.find(taken.*form);
    if (at == std::string_view::npos) continue;
    return std::string(poster).replace(at, (taken.*form).size(), put.*form);
  }
  FailMutation("the poster does not tell '" + taken.past + "'");
}

std::string SwapName(const PosterRecord& record, std::string_view poster, Rng& rng, const PosterRecord& donor) {
  struct Mention {
    std::string_view text, other;
  };
  std::vector<Mention> mentions;
  const auto note = [&](std::string_view text, std::string_view name, std::string_view other) {
    if (text == name && name != other) mentions.push_back({text, other});
  };
  for (const Word& word : Words(poster)) {
    note(word.text, record.target.first, donor.target.first);
    note(word.text, record.target.last, donor.target.last);
  }
  const Mention mention = Pick(mentions, rng, "the donor's target has the same name, or the poster names nobody");
  return std::string(poster).replace(static_cast<size_t>(mention.text.data() - poster.data()), mention.text.size(),
                                     mention.other);
}

std::string SwapMarkers(const MarkerList& own, const MarkerList& other, std::string_view poster, Rng& rng) {
  if (own.id == other.id) FailMutation("the donor has '" + own.id + "' too");
  std::string swapped;
  size_t done = 0, next = rng.NextBelow(other.words.size());
  for (const Word& word : Words(poster)) {
    if (!own.stems.contains(Stem(word.text))) continue;
    const auto begin = static_cast<size_t>(word.text.data() - poster.data());
    swapped += poster.substr(done, begin - done);
    swapped += other.words[next++ % other.words.size()];
    done = begin + word.text.size();
  }
  if (done == 0) FailMutation("the poster has no marker of '" + own.id + "'");
  return swapped += poster.substr(done);
}

std::string Repeat(std::string_view poster, Rng& rng) {
  const size_t begin = poster.find('\n'), end = poster.rfind("\n\n");
  if (begin == std::string_view::npos || end <= begin) FailMutation("the poster has no body");
  const std::vector<std::string_view> body = Sentences(poster.substr(begin, end - begin));
  const std::string again = ' ' + std::string(Pick(body, rng, "the poster has no body"));
  return std::string(poster).insert(end, again);
}

}  // namespace

std::string_view Name(PosterMutation kind) {
  switch (kind) {
    case PosterMutation::kDropItem:
      return "drop_item";
    case PosterMutation::kForeignItem:
      return "foreign_item";
    case PosterMutation::kSwapName:
      return "swap_name";
    case PosterMutation::kSwapAngle:
      return "swap_angle";
    case PosterMutation::kSwapAudience:
      return "swap_audience";
    case PosterMutation::kRepeat:
      return "repeat";
  }
  Fail(ErrorCode::kInternal, "no such mutation");
}

std::string Mutate(PosterMutation kind, const PosterWorld& world, const PosterRecord& record, std::string_view poster,
                   Rng& rng, const PosterRecord& donor) {
  switch (kind) {
    case PosterMutation::kDropItem:
      return DropItem(record, poster, rng);
    case PosterMutation::kForeignItem:
      return ReplaceItem(record, poster, rng, donor);
    case PosterMutation::kSwapName:
      return SwapName(record, poster, rng, donor);
    case PosterMutation::kSwapAngle:
      return SwapMarkers(world.angle(record.angle), world.angle(donor.angle), poster, rng);
    case PosterMutation::kSwapAudience:
      return SwapMarkers(world.audience(record.audience), world.audience(donor.audience), poster, rng);
    case PosterMutation::kRepeat:
      return Repeat(poster, rng);
  }
  Fail(ErrorCode::kInternal, "no such mutation");
}

}  // namespace bantam
