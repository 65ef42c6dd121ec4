#include "text/pretokenizer.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "base/error.h"
#include "text/normalizer.h"

namespace bantam {
namespace {

using Span = Words::Span;

struct Piece {
  Span span;
  bool is_match;
};

size_t NextCharacter(std::string_view text, size_t at) {
  do ++at;
  while (at < text.size() && (static_cast<uint8_t>(text[at]) & 0xC0) == 0x80);
  return at;
}

// Matches and what lies between them, in order; empty pieces are left out. An empty match still cuts.
template <typename Find>  // std::optional<Regex::Match>(size_t from)
void FindPieces(std::string_view text, bool invert, Find find, std::vector<Piece>& pieces) {
  size_t done = 0, from = 0;
  const auto add = [&](size_t begin, size_t end, bool is_match) {
    if (begin < end) pieces.push_back({{begin, end}, is_match != invert});
  };
  while (from <= text.size()) {
    const auto match = find(from);
    if (!match) break;
    add(done, match->begin, false);
    add(match->begin, match->end, true);
    done = match->end;
    from = match->begin == match->end ? NextCharacter(text, match->end) : match->end;
  }
  add(done, text.size(), false);
}

// Joins pieces as the behaviour says; the result covers the text but for kRemoved.
void Join(const std::vector<Piece>& pieces, SplitBehavior behavior, std::vector<Span>& out) {
  const size_t first = out.size();
  bool previous = false;
  switch (behavior) {
    case SplitBehavior::kRemoved:
    case SplitBehavior::kIsolated:
      for (const Piece& piece : pieces) {
        if (!piece.is_match || behavior == SplitBehavior::kIsolated) out.push_back(piece.span);
      }
      return;
    case SplitBehavior::kMergedWithPrevious:
    case SplitBehavior::kContiguous:
      for (const Piece& piece : pieces) {
        const bool joins =
            behavior == SplitBehavior::kContiguous ? piece.is_match == previous : piece.is_match && !previous;
        if (joins && out.size() > first) {
          out.back().end = piece.span.end;
        } else {
          out.push_back(piece.span);
        }
        previous = piece.is_match;
      }
      return;
    case SplitBehavior::kMergedWithNext:
      for (size_t i = pieces.size(); i-- > 0;) {
        if (pieces[i].is_match && !previous && out.size() > first) {
          out.back().begin = pieces[i].span.begin;
        } else {
          out.push_back(pieces[i].span);
        }
        previous = pieces[i].is_match;
      }
      std::reverse(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
      return;
  }
}

// Every word rewritten by `rewrite`(word, text so far), which appends to the text.
void Rewrite(Words& words, const std::function<void(std::string_view, std::string&)>& rewrite) {
  std::string text;
  std::vector<Span> spans;
  for (size_t i = 0; i < words.spans.size(); ++i) {
    const size_t begin = text.size();
    rewrite(words.At(i), text);
    if (begin < text.size()) spans.push_back({begin, text.size()});
  }
  words.storage = std::move(text);
  words.text = words.storage;
  words.spans = std::move(spans);
}

}  // namespace

PreTokenizer::PreTokenizer(std::vector<PreTokenizerStep> steps, UnicodeVersion unicode, const std::string& where)
    : unicode_(unicode) {
  for (PreTokenizerStep& step : steps) {
    std::shared_ptr<const Regex> regex;
    if (const auto* split = std::get_if<SplitText>(&step); split != nullptr && split->pattern.is_regex)
      regex = std::make_shared<const Regex>(split->pattern.text, where);
    const auto* metaspace = std::get_if<Metaspace>(&step);
    const std::string replacement = metaspace != nullptr && metaspace->split ? metaspace->replacement : std::string();
    steps_.push_back(std::move(step));
    regexes_.push_back(std::move(regex));
    if (!replacement.empty()) {
      steps_.emplace_back(SplitText{{replacement, false}, SplitBehavior::kMergedWithNext, false});
      regexes_.push_back(nullptr);
    }
  }
}

bool PreTokenizer::has_regex() const {
  return std::any_of(regexes_.begin(), regexes_.end(), [](const auto& regex) { return regex != nullptr; });
}

void PreTokenizer::Split(const SplitText& step, const Regex* regex, const RegexSubject* subject, RegexBudget& budget,
                         Words& words) const {
  std::optional<Regex::Finder> finder;
  if (regex != nullptr) finder.emplace(*regex, budget);
  std::vector<Span> result;
  std::vector<Piece> pieces;
  for (size_t i = 0; i < words.spans.size(); ++i) {
    const Span span = words.spans[i];
    pieces.clear();
    if (regex != nullptr) {
      // A word is matched by itself: anchors and look-around see its borders, not its neighbours.
      const std::string_view view = regex->View(*subject).substr(span.begin, span.end - span.begin);
      FindPieces(view, step.invert, [&](size_t from) { return finder->Find(view, from); }, pieces);
    } else {
      const std::string_view word = words.At(i), literal = step.pattern.text;
      const auto find = [&](size_t from) -> std::optional<Regex::Match> {
        const size_t at = word.find(literal, from);
        if (at == std::string_view::npos) return std::nullopt;
        return Regex::Match{at, at + literal.size()};
      };
      FindPieces(word, step.invert, find, pieces);
    }
    const size_t first = result.size();
    Join(pieces, step.behavior, result);
    for (size_t k = first; k < result.size(); ++k) {
      result[k].begin += span.begin;
      result[k].end += span.begin;
    }
  }
  words.spans = std::move(result);
}

void PreTokenizer::Apply(std::string_view text, bool first, RegexBudget& budget, Words& words) const {
  words.text = text;
  words.spans.assign(1, {0, text.size()});
  std::optional<RegexSubject> subject;  // of words.text, made when a regex comes first
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (const auto* split = std::get_if<SplitText>(&steps_[i])) {
      if (regexes_[i] && !subject) subject.emplace(words.text, unicode_);
      Split(*split, regexes_[i].get(), subject ? &*subject : nullptr, budget, words);
      continue;
    }
    if (const auto* metaspace = std::get_if<Metaspace>(&steps_[i])) {
      bool front = first;
      Rewrite(words, [&](std::string_view word, std::string& out) {
        const std::string replaced = ReplaceAll(word, " ", metaspace->replacement);
        const bool prepend = metaspace->prepend == Metaspace::Prepend::kAlways ||
                             (metaspace->prepend == Metaspace::Prepend::kFirst && front);
        if (prepend && !replaced.starts_with(metaspace->replacement)) out += metaspace->replacement;
        out += replaced;
        front = false;
      });
    } else {
      Rewrite(words, [](std::string_view word, std::string& out) {
        if (!word.starts_with(' ')) out += ' ';
        out += word;
      });
    }
    subject.reset();
  }
}

}  // namespace bantam
