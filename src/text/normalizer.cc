#include "text/normalizer.h"

#include <fmt/core.h>

#include "base/error.h"
#include "text/unicode_normalize.h"

namespace bantam {
namespace {

// Steps may replace a little by much, over and over. Real ones put three bytes for a space; compatibility forms reach 11 times.
void CheckGrowth(size_t before, size_t after, const std::string& where) {
  constexpr size_t kGrowth = 16, kFree = 1 << 16;
  if (after > kGrowth * before + kFree)
    Fail(ErrorCode::kUnsupported, fmt::format("the normalizer makes {} bytes of {}", after, before), where);
}

std::string ReplaceMatches(std::string_view text, const Regex& regex, std::string_view content, RegexBudget& budget) {
  const RegexSubject subject(text, UnicodeVersion::k17);
  const std::string_view view = regex.View(subject);
  Regex::Finder finder(regex, budget);
  std::string out;
  size_t copied = 0, from = 0;
  while (from <= text.size()) {
    const auto match = finder.Find(view, from);
    if (!match) break;
    out.append(text.substr(copied, match->begin - copied)).append(content);
    copied = from = match->end;
    if (match->begin == match->end) {  // an empty match: go on behind the next character
      do ++from;
      while (from < text.size() && (static_cast<uint8_t>(text[from]) & 0xC0) == 0x80);
    }
  }
  return out.append(text.substr(copied));
}

}  // namespace

std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  out.reserve(text.size());
  size_t copied = 0;
  for (size_t at; (at = text.find(from, copied)) != std::string_view::npos; copied = at + from.size()) {
    out.append(text.substr(copied, at - copied)).append(to);
  }
  return out.append(text.substr(copied));
}

Normalizer::Normalizer(std::vector<NormalizerStep> steps, const std::string& where)
    : steps_(std::move(steps)), where_(where) {
  for (const NormalizerStep& step : steps_) {
    std::shared_ptr<const Regex> regex;
    if (const auto* replace = std::get_if<ReplaceText>(&step); replace != nullptr && replace->pattern.is_regex)
      regex = std::make_shared<const Regex>(replace->pattern.text, where);
    needs_valid_utf8_ |= regex != nullptr || std::holds_alternative<NormalizeUnicode>(step);
    regexes_.push_back(std::move(regex));
  }
}

std::string_view Normalizer::Apply(std::string_view text, RegexBudget& budget, std::string& storage) const {
  if (steps_.empty()) return text;
  std::string result(text);
  for (size_t i = 0; i < steps_.size(); ++i) {
    if (const auto* unicode = std::get_if<NormalizeUnicode>(&steps_[i])) {
      result = NormalizeUnicodeText(result, unicode->form);
    } else if (const auto* prepend = std::get_if<PrependText>(&steps_[i])) {
      result.insert(0, prepend->text);
    } else {
      const auto& replace = std::get<ReplaceText>(steps_[i]);
      result = regexes_[i] ? ReplaceMatches(result, *regexes_[i], replace.content, budget)
                           : ReplaceAll(result, replace.pattern.text, replace.content);
    }
    CheckGrowth(text.size(), result.size(), where_);
  }
  storage = std::move(result);
  return storage;
}

}  // namespace bantam
