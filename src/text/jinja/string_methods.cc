// Methods of str.
#include <algorithm>

#include "base/utf8.h"
#include "text/jinja/attributes.h"
#include "text/jinja/format.h"
#include "text/jinja/html.h"
#include "text/jinja/iterator.h"
#include "text/jinja/methods.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_split.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

using Given = std::span<const Value>;

Value Same(Runtime& runtime, const Value& self, std::string text) {
  return runtime.String(std::move(text), self.markup());
}

// A text argument of a method, escaped when the text that has the method is HTML.
Value ForText(Runtime& runtime, const Value& self, const Value& argument) {
  RequireText(argument);
  return self.markup() ? EscapeHtml(runtime, argument) : argument;
}

// ---- Case and kinds of characters

template <std::string (*Map)(std::string_view)>
Value MapText(Runtime& runtime, Given given) {
  const std::string& text = given[0].text();
  runtime.CheckRoom(8 * static_cast<int64_t>(text.size()));  // code points take four bytes on the way
  runtime.StepBytes(8 * text.size());
  return Same(runtime, given[0], Map(text));
}

template <bool (*Test)(char32_t)>
Value AllAre(Runtime& runtime, Given given) {
  std::string_view rest = given[0].text();
  runtime.StepBytes(8 * rest.size());
  if (rest.empty()) return Value::Bool(false);
  while (!rest.empty()) {
    const CodePoint point = DecodeUtf8(rest);
    if (!Test(point.value)) return Value::Bool(false);
    rest.remove_prefix(point.length);
  }
  return Value::Bool(true);
}

Value IsAsciiText(Runtime& runtime, Given given) {
  runtime.StepBytes(given[0].text().size());
  return Value::Bool(given[0].As<StringObject>().ascii());
}

Value IsPrintableText(Runtime& runtime, Given given) {
  return given[0].text().empty() ? Value::Bool(true) : AllAre<IsPrintable>(runtime, given);
}

// True when there is a cased character and all of them are of the wanted kind.
template <bool (*Wanted)(char32_t)>
Value IsCase(Runtime& runtime, Given given) {
  std::string_view rest = given[0].text();
  runtime.StepBytes(8 * rest.size());
  bool seen = false;
  while (!rest.empty()) {
    const CodePoint point = DecodeUtf8(rest);
    if (Wanted(point.value)) {
      seen = true;
    } else if (IsUpper(point.value) || IsLower(point.value) || IsTitle(point.value)) {
      return Value::Bool(false);
    }
    rest.remove_prefix(point.length);
  }
  return Value::Bool(seen);
}

Value IsTitleText(Runtime& runtime, Given given) {
  std::string_view rest = given[0].text();
  runtime.StepBytes(8 * rest.size());
  bool seen = false, in_word = false;
  while (!rest.empty()) {
    const CodePoint point = DecodeUtf8(rest);
    const bool capital = IsUpper(point.value) || IsTitle(point.value);
    const bool small = IsLower(point.value);
    if ((capital && in_word) || (small && !in_word)) return Value::Bool(false);
    in_word = capital || small;
    seen |= in_word;
    rest.remove_prefix(point.length);
  }
  return Value::Bool(seen);
}

// ---- Searching. Positions are code points; `offset` is where the searched part starts.

struct Part {
  std::string_view text;
  int64_t offset;
  bool nothing;  // the start lies behind the end: not even the empty text is found there
};

Part PartOf(Runtime& runtime, const Value& self, const Value& start, const Value& stop) {
  const auto& object = self.As<StringObject>();
  runtime.StepBytes(object.text.size());
  const Span span = ClampSpan(object.length(), start, stop);
  if (span.end < span.begin || (start.is_integer() && start.integer() > object.length())) return {{}, 0, true};
  const std::string_view rest = std::string_view(object.text).substr(OffsetOf(object.text, span.begin));
  return {rest.substr(0, OffsetOf(rest, span.end - span.begin)), span.begin, false};
}

int64_t CountPoints(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

int64_t Search(Runtime& runtime, Given given, bool from_the_right) {
  const Part part = PartOf(runtime, given[0], given[2], given[3]);
  if (part.nothing) return -1;
  const std::string& wanted = RequireText(given[1]);
  const size_t found = from_the_right ? FindLastText(runtime, part.text, wanted) : FindText(part.text, wanted);
  return found == std::string_view::npos ? -1 : part.offset + CountPoints(part.text.substr(0, found));
}

template <bool FromTheRight>
Value Find(Runtime& runtime, Given given) {
  return Value::Int(Search(runtime, given, FromTheRight));
}

template <bool FromTheRight>
Value Index(Runtime& runtime, Given given) {
  const int64_t found = Search(runtime, given, FromTheRight);
  if (found < 0) FailType("substring not found");
  return Value::Int(found);
}

Value Count(Runtime& runtime, Given given) {
  const Part part = PartOf(runtime, given[0], given[2], given[3]);
  const std::string& wanted = RequireText(given[1]);
  if (part.nothing) return Value::Int(0);
  if (wanted.empty()) return Value::Int(CountPoints(part.text) + 1);
  int64_t count = 0;
  std::string_view rest = part.text;
  for (size_t at = FindText(rest, wanted); at != std::string_view::npos; at = FindText(rest, wanted)) {
    rest.remove_prefix(at + wanted.size());
    ++count;
  }
  return Value::Int(count);
}

bool HasAffix(const Part& part, const Value& affix, bool at_start) {
  const std::string& text = RequireText(affix);
  return !part.nothing && (at_start ? part.text.starts_with(text) : part.text.ends_with(text));
}

template <bool AtStart>
Value HasAnyAffix(Runtime& runtime, Given given) {
  const Part part = PartOf(runtime, given[0], given[2], given[3]);
  if (!given[1].is(Type::kTuple)) return Value::Bool(HasAffix(part, given[1], AtStart));
  for (const Value& affix : given[1].items()) {
    runtime.Step();
    if (HasAffix(part, affix, AtStart)) return Value::Bool(true);
  }
  return Value::Bool(false);
}

// ---- Cutting and joining

template <bool Left, bool Right>
Value Strip(Runtime& runtime, Given given) {
  return StripText(runtime, given[0], given[1], Left, Right);
}

Value RemovePrefix(Runtime& runtime, Given given) {
  const std::string& text = given[0].text();
  const std::string& prefix = RequireText(given[1]);
  return runtime.String(text.starts_with(prefix) ? text.substr(prefix.size()) : text);  // plain, even of Markup
}

Value RemoveSuffix(Runtime& runtime, Given given) {
  const std::string& text = given[0].text();
  const std::string& suffix = RequireText(given[1]);
  return runtime.String(text.ends_with(suffix) ? text.substr(0, text.size() - suffix.size()) : text);
}

template <bool FromTheRight>
Value Split(Runtime& runtime, Given given) {
  return SplitText(runtime, given[0], given[1], IntegerOr(given[2], -1), FromTheRight);
}

Value SplitLines(Runtime& runtime, Given given) {
  const std::string& text = given[0].text();
  runtime.StepBytes(4 * text.size());
  ItemBuffer lines(runtime);
  std::string_view rest = text, line;
  while (NextLine(rest, line, TruthOr(given[1], false))) {
    lines.Append(Same(runtime, given[0], std::string(line)));
    runtime.Step();
  }
  return runtime.List(lines.Take());
}

template <bool FromTheRight>
Value Partition(Runtime& runtime, Given given) {
  const std::string& text = given[0].text();
  const Value separator_value = ForText(runtime, given[0], given[1]);
  const std::string& separator = separator_value.text();
  if (separator.empty()) FailType("empty separator");
  const Value nothing = Same(runtime, given[0], "");
  runtime.StepBytes(text.size());
  const size_t at = FromTheRight ? FindLastText(runtime, text, separator) : FindText(text, separator);
  if (at == std::string_view::npos) {
    return FromTheRight ? runtime.Tuple({nothing, nothing, given[0]}) : runtime.Tuple({given[0], nothing, nothing});
  }
  return runtime.Tuple({Same(runtime, given[0], text.substr(0, at)), Same(runtime, given[0], separator),
                        Same(runtime, given[0], text.substr(at + separator.size()))});
}

Value Join(Runtime& runtime, Given given) {
  TextBuffer out(runtime);
  const Ref<Iterator> iterator = Iterate(runtime, given[1]);
  int64_t position = 0;
  for (Value item; iterator->Next(item); ++position) {
    if (given[0].markup()) item = EscapeHtml(runtime, item);
    if (!item.is_string()) {
      FailType("sequence item " + std::to_string(position) + ": expected str instance, " + std::string(TypeName(item)) +
               " found");
    }
    if (position > 0) out.Append(given[0].text());
    out.Append(item.text());
  }
  return Same(runtime, given[0], out.Take());
}

Value Replace(Runtime& runtime, Given given) {
  const Value from = ForText(runtime, given[0], given[1]);
  const Value to = ForText(runtime, given[0], given[2]);
  return Same(runtime, given[0],
              ReplaceText(runtime, given[0].text(), from.text(), to.text(), IntegerOr(given[3], -1)));
}

// ---- Padding

enum class Side { kLeft, kRight, kBoth };  // of the padding

template <Side Where>
Value Pad(Runtime& runtime, Given given) {
  const int64_t width = RequireInteger(given[1]);
  const std::string fill = given[2].is_missing() ? " " : ForText(runtime, given[0], given[2]).text();
  if (CountPoints(fill) != 1) FailType("The fill character must be exactly one character long");
  const int64_t padding = width - given[0].As<StringObject>().length();
  if (padding <= 0) return given[0];
  const int64_t left = Where == Side::kLeft ? padding : Where == Side::kRight ? 0 : padding / 2 + (padding & width & 1);
  TextBuffer out(runtime);
  runtime.CheckRoom(padding);
  for (int64_t i = 0; i < left; ++i) out.Append(fill);
  out.Append(given[0].text());
  for (int64_t i = left; i < padding; ++i) out.Append(fill);
  return Same(runtime, given[0], out.Take());
}

Value ZeroFill(Runtime& runtime, Given given) {
  const std::string& text = given[0].text();
  const int64_t padding = RequireInteger(given[1]) - given[0].As<StringObject>().length();
  if (padding <= 0) return given[0];
  runtime.CheckRoom(padding);
  const size_t sign = text.starts_with('+') || text.starts_with('-') ? 1 : 0;
  return Same(runtime, given[0], text.substr(0, sign) + std::string(padding, '0') + text.substr(sign));
}

Value Format(Runtime& runtime, const Arguments& given) {
  if (given.positional[0].markup()) FailUnsupported("method 'format' of a Markup string");
  return runtime.String(BraceFormat(runtime, given.positional[0].text(), given));
}

bool IsAlphanumeric(char32_t c) { return IsAlpha(c) || IsNumber(c); }

constexpr Native kMethods[] = {
    {"capitalize", "self/", MapText<Capitalize>},
    {"casefold", ""},
    {"center", "self/ width/ fillchar/?", Pad<Side::kBoth>},
    {"count", "self/ sub/ start/? end/?", Count},
    {"encode", ""},
    {"endswith", "self/ suffix/ start/? end/?", HasAnyAffix<false>},
    {"expandtabs", ""},
    {"find", "self/ sub/ start/? end/?", Find<false>},
    {"format", "*", nullptr, Format},
    {"format_map", ""},
    {"index", "self/ sub/ start/? end/?", Index<false>},
    {"isalnum", "self/", AllAre<IsAlphanumeric>},
    {"isalpha", "self/", AllAre<IsAlpha>},
    {"isascii", "self/", IsAsciiText},
    {"isdecimal", "self/", AllAre<IsDecimal>},
    {"isdigit", "self/", AllAre<IsDigit>},
    {"isidentifier", ""},
    {"islower", "self/", IsCase<IsLower>},
    {"isnumeric", ""},
    {"isprintable", "self/", IsPrintableText},
    {"isspace", "self/", AllAre<IsSpace>},
    {"istitle", "self/", IsTitleText},
    {"isupper", "self/", IsCase<IsUpper>},
    {"join", "self/ iterable/", Join},
    {"ljust", "self/ width/ fillchar/?", Pad<Side::kRight>},
    {"lower", "self/", MapText<Lower>},
    {"lstrip", "self/ chars/?", Strip<true, false>},
    {"maketrans", ""},
    {"partition", "self/ sep/", Partition<false>},
    {"removeprefix", "self/ prefix/", RemovePrefix},
    {"removesuffix", "self/ suffix/", RemoveSuffix},
    {"replace", "self/ old/ new/ count/?", Replace},
    {"rfind", "self/ sub/ start/? end/?", Find<true>},
    {"rindex", "self/ sub/ start/? end/?", Index<true>},
    {"rjust", "self/ width/ fillchar/?", Pad<Side::kLeft>},
    {"rpartition", "self/ sep/", Partition<true>},
    {"rsplit", "self/ sep? maxsplit?", Split<true>},
    {"rstrip", "self/ chars/?", Strip<false, true>},
    {"split", "self/ sep? maxsplit?", Split<false>},
    {"splitlines", "self/ keepends?", SplitLines},
    {"startswith", "self/ prefix/ start/? end/?", HasAnyAffix<true>},
    {"strip", "self/ chars/?", Strip<true, true>},
    {"swapcase", "self/", MapText<SwapCase>},
    {"title", "self/", MapText<Title>},
    {"translate", ""},
    {"upper", "self/", MapText<Upper>},
    {"zfill", "self/ width/", ZeroFill},
};

}  // namespace

std::span<const Native> StringMethods() { return kMethods; }

}  // namespace bantam::jinja
