// Filters that make text: trim, replace, title, indent, truncate, tojson, ...
#include <algorithm>

#include "base/utf8.h"
#include "text/jinja/arithmetic.h"
#include "text/jinja/attributes.h"
#include "text/jinja/compare.h"
#include "text/jinja/filters.h"
#include "text/jinja/format.h"
#include "text/jinja/html.h"
#include "text/jinja/json_dump.h"
#include "text/jinja/number_format.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"
#include "text/jinja/string_split.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

using Given = std::span<const Value>;

template <std::string (*Map)(std::string_view)>
Value MapText(Runtime& runtime, Given given) {
  const Value text = ToString(runtime, given[0]);
  runtime.CheckRoom(8 * static_cast<int64_t>(text.text().size()));  // code points take four bytes on the way
  runtime.StepBytes(8 * text.text().size());
  return runtime.String(Map(text.text()), text.markup());
}

// Every word in upper and lower case; words end at spaces and at - ( { [ <, unlike those of str.title().
std::string TitleWords(std::string_view text) {
  const auto ends_word = [](char32_t c) {
    return IsSpace(c) || c == '-' || c == '(' || c == '{' || c == '[' || c == '<';
  };
  std::string out;
  while (!text.empty()) {
    size_t word_end = 0;
    const int first = DecodeUtf8(text).length;
    while (word_end < text.size()) {
      const CodePoint point = DecodeUtf8(text.substr(word_end));
      if (ends_word(point.value)) break;
      word_end += point.length;
    }
    if (word_end == 0) {
      out += text.substr(0, first);
      text.remove_prefix(first);
      continue;
    }
    out += Upper(text.substr(0, first));
    out += Lower(text.substr(first, word_end - first));
    text.remove_prefix(word_end);
  }
  return out;
}

Value Title(Runtime& runtime, Given given) {
  return runtime.String(MapText<TitleWords>(runtime, given).text());  // plain, even of Markup
}

Value Trim(Runtime& runtime, Given given) {
  return StripText(runtime, ToString(runtime, given[0]), given[1], true, true);
}

Value ReplaceFilter(Runtime& runtime, Given given) {
  const Value text = ToString(runtime, given[0]);
  const Value from = ToString(runtime, given[1]);
  const Value to = ToString(runtime, given[2]);
  const int64_t count = given[3].is_none() ? -1 : IntegerOr(given[3], -1);
  return runtime.String(ReplaceText(runtime, text.text(), from.text(), to.text(), count));
}

Value StringFilter(Runtime& runtime, Given given) { return ToString(runtime, given[0]); }

Value Safe(Runtime& runtime, Given given) { return runtime.String(Str(runtime, given[0]), true); }

Value Escape(Runtime& runtime, Given given) { return EscapeHtml(runtime, given[0]); }

Value ForceEscape(Runtime& runtime, Given given) { return EscapeHtml(runtime, runtime.String(Str(runtime, given[0]))); }

Value Center(Runtime& runtime, Given given) {
  const Value text = ToString(runtime, given[0]);
  const int64_t width = IntegerOr(given[1], 80);
  const int64_t padding = width - text.As<StringObject>().length();
  if (padding <= 0) return text;
  runtime.CheckRoom(padding);
  const auto left = static_cast<size_t>(padding / 2 + (padding & width & 1));
  return runtime.String(std::string(left, ' ') + text.text() + std::string(padding - left, ' '), text.markup());
}

Value Indent(Runtime& runtime, Given given) {
  if (given[0].is(Type::kUndefined)) FailUndefined(given[0]);
  const std::string& text = RequireText(given[0]);
  std::string indentation = "    ";
  if (given[1].is_string()) {
    indentation = given[1].text();
  } else if (!given[1].is_missing()) {
    const int64_t width = std::max<int64_t>(RequireInteger(given[1]), 0);
    runtime.CheckRoom(width);
    indentation = std::string(static_cast<size_t>(width), ' ');
  }
  const bool first = TruthOr(given[2], false);
  const bool blank = TruthOr(given[3], false);
  TextBuffer out(runtime);
  if (first) out.Append(indentation);
  const std::string whole = text + "\n";  // Jinja adds it so that a text without lines has one
  std::string_view rest = whole, line;
  for (bool at_first = true; NextLine(rest, line); at_first = false) {
    if (!at_first) {
      out.Append('\n');
      if (blank || !line.empty()) out.Append(indentation);
    }
    out.Append(line);
  }
  return runtime.String(out.Take(), given[0].markup());
}

Value Truncate(Runtime& runtime, Given given) {
  const int64_t length = IntegerOr(given[1], 255);
  const std::string end = given[3].is_missing() ? "..." : RequireText(given[3]);
  const int64_t leeway = given[4].is_none() ? 5 : IntegerOr(given[4], 5);
  const auto end_length = static_cast<int64_t>(ToUtf32(end).size());
  if (length < end_length) FailType("truncate: the length is less than that of the end");
  if (leeway < 0) FailType("truncate: the leeway is negative");
  const int64_t size = Length(given[0]);  // of anything that has one; only text can be cut
  if (size <= length || size - length <= leeway) return given[0];
  const std::string& text = RequireText(given[0]);
  runtime.StepBytes(text.size());
  std::string_view kept = std::string_view(text).substr(0, OffsetOf(text, length - end_length));
  if (!TruthOr(given[2], false)) kept = kept.substr(0, kept.rfind(' '));  // npos: all of it
  return Apply(runtime, Arithmetic::kAdd, runtime.String(std::string(kept), given[0].markup()), runtime.String(end));
}

Value FormatFilter(Runtime& runtime, const Arguments& given) {
  if (given.positional.empty()) FailType("format misses its text");
  const Value layout = ToString(runtime, given.positional[0]);
  if (layout.markup()) FailUnsupported("formatting a Markup string with %");
  if (given.positional.size() > 1 && !given.named.empty()) {
    FailType("can't handle positional and keyword arguments at the same time");
  }
  if (given.named.empty()) {
    const Value values = runtime.Tuple({given.positional.begin() + 1, given.positional.end()});
    return runtime.String(PercentFormat(runtime, layout.text(), values));
  }
  const Ref<DictObject> values = runtime.Make<DictObject>(0);
  for (const auto& [name, value] : given.named) values->Set(runtime.String(name), value);
  return runtime.String(PercentFormat(runtime, layout.text(), Value(Type::kDict, values)));
}

// As transformers defines it: no HTML escapes, and the parameters of json.dumps.
Value ToJson(Runtime& runtime, Given given) {
  JsonLayout layout;
  layout.ensure_ascii = TruthOr(given[1], false);
  layout.sort_keys = TruthOr(given[4], false);
  if (given[2].is_string()) {
    layout.indent = given[2].text();
  } else if (!given[2].is_missing() && !given[2].is_none()) {
    const int64_t width = std::max<int64_t>(RequireInteger(given[2]), 0);
    runtime.CheckRoom(width);
    layout.indent = std::string(static_cast<size_t>(width), ' ');
  }
  if (layout.indent) layout.item_separator = ",";
  if (!given[3].is_missing() && !given[3].is_none()) {
    if (!given[3].is_sequence() || given[3].items().size() != 2) FailType("tojson: separators are a pair of strings");
    layout.item_separator = RequireText(given[3].items()[0]);
    layout.key_separator = RequireText(given[3].items()[1]);
  }
  return runtime.String(DumpJson(runtime, given[0], layout));
}

constexpr Native kFilters[] = {
    {"capitalize", "s", MapText<Capitalize>},
    {"center", "value width?", Center},
    {"e", "s/", Escape},
    {"escape", "s/", Escape},
    {"forceescape", "value", ForceEscape},
    {"format", "*", nullptr, FormatFilter},
    {"indent", "s width? first? blank?", Indent},
    {"lower", "s", MapText<Lower>},
    {"replace", "s old new count?", ReplaceFilter},
    {"safe", "value", Safe},
    {"string", "s/", StringFilter},
    {"title", "s", Title},
    {"tojson", "x ensure_ascii? indent? separators? sort_keys?", ToJson},
    {"trim", "value chars?", Trim},
    {"truncate", "s length? killwords? end? leeway?", Truncate},
    {"upper", "s", MapText<Upper>},
};

}  // namespace

std::span<const Native> TextFilters() { return kFilters; }

}  // namespace bantam::jinja
