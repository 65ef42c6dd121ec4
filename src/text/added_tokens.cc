#include "text/added_tokens.h"

#include <utf8proc.h>

#include <algorithm>

#include "base/utf8.h"

namespace bantam {
namespace {

bool IsWhiteSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

// Letters, marks, numbers and connecting punctuation: \w.
bool IsWordCharacter(char32_t c) {
  switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      return false;
  }
}

// Where the last character of a non-empty text begins.
size_t LastCharacter(std::string_view text) {
  size_t at = text.size() - 1;
  while (at > 0 && text.size() - at < 4 && (static_cast<uint8_t>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

size_t WithoutTrailingSpace(std::string_view text) {
  while (!text.empty()) {
    const size_t last = LastCharacter(text);
    if (!IsWhiteSpace(DecodeUtf8(text.substr(last)).value)) break;
    text = text.substr(0, last);
  }
  return text.size();
}

size_t LeadingSpace(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const CodePoint point = DecodeUtf8(text.substr(at));
    if (!IsWhiteSpace(point.value)) break;
    at += static_cast<size_t>(point.length);
  }
  return at;
}

bool StandsAlone(std::string_view text, size_t begin, size_t end) {
  const std::string_view before = text.substr(0, begin), after = text.substr(end);
  return (before.empty() || !IsWordCharacter(DecodeUtf8(before.substr(LastCharacter(before))).value)) &&
         (after.empty() || !IsWordCharacter(DecodeUtf8(after).value));
}

// isspace() of the C locale, which llama.cpp asks.
bool IsAsciiSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens, TokenizerRules rules)
    : tokens_(std::move(tokens)), rules_(rules) {
  if (rules_ == TokenizerRules::kLlamaCpp) {
    std::sort(tokens_.begin(), tokens_.end(), [](const AddedToken& a, const AddedToken& b) {
      return a.text.size() != b.text.size() ? a.text.size() > b.text.size() : a.id < b.id;
    });
  }
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (!tokens_[i].text.empty()) trie_.Insert(tokens_[i].text, static_cast<int32_t>(i));
  }
}

std::vector<AddedTokens::Found> AddedTokens::FindLeftToRight(std::string_view text, bool parse_special) const {
  std::vector<Found> found;
  size_t done = 0;  // what is taken, with the space beside it
  for (size_t at = 0; at < text.size();) {
    const AddedToken* token = nullptr;
    trie_.ForEachPrefix(text.substr(at), [&](int32_t index, size_t) {
      const AddedToken& candidate = tokens_[static_cast<size_t>(index)];
      if (parse_special || !candidate.special) token = &candidate;
    });
    if (token == nullptr) {
      ++at;
      continue;
    }
    size_t begin = at, end = at + token->text.size();
    at = end;
    if (begin < done || (token->single_word && !StandsAlone(text, begin, end))) continue;
    if (token->lstrip) begin = done + WithoutTrailingSpace(text.substr(done, begin - done));
    if (token->rstrip) end += LeadingSpace(text.substr(end));
    found.push_back({begin, end, token->id});
    done = end;
  }
  return found;
}

std::vector<AddedTokens::Found> AddedTokens::FindTokenByToken(std::string_view text, bool parse_special) const {
  std::vector<int32_t> present;  // indices of tokens_ that occur at all: usually none or few
  std::vector<bool> is_present(tokens_.size());
  for (size_t at = 0; at < text.size(); ++at) {
    trie_.ForEachPrefix(text.substr(at), [&](int32_t index, size_t) {
      if (is_present[static_cast<size_t>(index)]) return;
      is_present[static_cast<size_t>(index)] = true;
      present.push_back(index);
    });
  }
  std::sort(present.begin(), present.end());

  std::vector<std::pair<size_t, size_t>> open = {{0, text.size()}};  // what no token has taken, in order
  std::vector<Found> found;
  for (const int32_t index : present) {
    const AddedToken& token = tokens_[static_cast<size_t>(index)];
    if (token.special && !parse_special) continue;
    std::vector<std::pair<size_t, size_t>> still_open;
    for (auto [begin, end] : open) {
      for (size_t at; (at = text.substr(0, end).find(token.text, begin)) != std::string_view::npos;) {
        size_t left = at, right = at + token.text.size();
        found.push_back({left, right, token.id});
        while (token.lstrip && left > begin && IsAsciiSpace(text[left - 1])) --left;
        while (token.rstrip && right < end && IsAsciiSpace(text[right])) ++right;
        if (begin < left) still_open.emplace_back(begin, left);
        begin = right;
      }
      if (begin < end) still_open.emplace_back(begin, end);
    }
    open = std::move(still_open);
  }
  // The text between tokens is what stayed open; stripped space is neither.
  for (const auto& [begin, end] : open) found.push_back({begin, end, -1});
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) { return a.begin < b.begin; });
  return found;
}

std::vector<Section> AddedTokens::Split(std::string_view text, bool parse_special) const {
  std::vector<Section> sections;
  if (tokens_.empty()) {
    if (!text.empty()) sections.push_back({text});
    return sections;
  }
  if (rules_ == TokenizerRules::kLlamaCpp) {
    for (const Found& part : FindTokenByToken(text, parse_special)) {
      if (part.begin < part.end) sections.push_back({text.substr(part.begin, part.end - part.begin), part.token});
    }
    return sections;
  }
  size_t done = 0;
  for (const Found& part : FindLeftToRight(text, parse_special)) {
    if (done < part.begin) sections.push_back({text.substr(done, part.begin - done)});
    sections.push_back({text.substr(part.begin, part.end - part.begin), part.token});
    done = part.end;
  }
  if (done < text.size()) sections.push_back({text.substr(done)});
  return sections;
}

}  // namespace bantam
