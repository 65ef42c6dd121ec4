// "{} {name.field[0]!r:>8}".format(...), as in Python.
#include <charconv>

#include "base/utf8.h"
#include "text/jinja/attributes.h"
#include "text/jinja/format.h"
#include "text/jinja/number_format.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

bool IsNumeral(std::string_view text) { return !text.empty() && text.find_first_not_of("0123456789") == text.npos; }

int64_t ParseNumeral(std::string_view text) {
  int64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) {
    FailType("too many decimal digits in format string");
  }
  return number;
}

FormatSpec ParseSpec(Runtime& runtime, std::string_view text) {
  FormatSpec spec;
  const auto take = [&](std::string_view any) -> char {
    if (text.empty() || any.find(text.front()) == any.npos) return 0;
    const char taken = text.front();
    text.remove_prefix(1);
    return taken;
  };
  const auto number = [&]() -> int64_t {
    const size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
    const int64_t value = end == 0 ? -1 : ParseNumeral(text.substr(0, end));
    text.remove_prefix(end);
    return value;
  };
  constexpr std::string_view kAligns = "<>=^";
  if (!text.empty()) {
    const int length = DecodeUtf8(text).length;
    if (text.size() > static_cast<size_t>(length) && kAligns.find(text[length]) != kAligns.npos) {
      spec.fill = std::string(text.substr(0, length));
      text.remove_prefix(length);
    }
  }
  spec.align = take(kAligns);
  if (const char sign = take("+- ")) spec.sign = sign;
  spec.alternate = take("#") != 0;
  if (take("0") != 0 && spec.align == 0) {
    spec.fill = "0";
    spec.align = '=';
  }
  spec.width = std::max<int64_t>(number(), 0);
  runtime.CheckRoom(spec.width);
  spec.grouping = take(",_");
  if (take(".") != 0) {
    spec.precision = number();
    if (spec.precision < 0) FailType("Format specifier missing precision");
  }
  spec.type = take("bcdeEfFgGnosxX%");
  if (!text.empty()) FailType("Invalid format specifier");
  return spec;
}

std::string FormatNumber(Runtime& runtime, const Value& value, FormatSpec spec) {
  constexpr std::string_view kReal = "eEfFgG%";
  if (kReal.find(spec.type) != kReal.npos && spec.type != 0) return FormatReal(runtime, value.number(), spec);
  if (spec.type == 'n' || spec.type == 'c') FailUnsupported(std::string("the format type '") + spec.type + "'");
  if (value.is_integer()) {
    if (spec.precision >= 0) FailType("Precision not allowed in integer format specifier");
    if (spec.type == 's') FailType("Unknown format code 's' for object of type 'int'");
    return FormatInteger(runtime, value.integer(), spec);
  }
  if (spec.type != 0) FailType(std::string("Unknown format code '") + spec.type + "' for object of type 'float'");
  if (spec.precision >= 0 || spec.grouping != 0 || spec.sign != '-' || spec.align == '=') {
    FailUnsupported("this format of a float without a type such as f");
  }
  if (spec.align == 0) spec.align = '>';
  return FormatText(runtime, FormatFloat(value.number()), spec);
}

std::string FormatField(Runtime& runtime, const Value& value, std::string_view layout) {
  if (layout.empty()) return Str(runtime, value);
  if (value.is_number()) return FormatNumber(runtime, value, ParseSpec(runtime, layout));
  if (!value.is_string()) {
    FailType("unsupported format string passed to " + std::string(TypeName(value)) + ".__format__");
  }
  const FormatSpec spec = ParseSpec(runtime, layout);
  if ((spec.type != 0 && spec.type != 's') || spec.align == '=' || spec.sign != '-' || spec.alternate ||
      spec.grouping != 0) {
    FailType("Invalid format specifier for a string");
  }
  return FormatText(runtime, value.text(), spec);
}

class BraceFormatter {
 public:
  BraceFormatter(Runtime& runtime, const Arguments& arguments) : runtime_(runtime), arguments_(arguments) {}

  // `nesting`: a format specification may itself hold fields, once.
  std::string Run(std::string_view layout, int nesting) {
    if (nesting > 1) FailType("Max string recursion exceeded");
    TextBuffer out(runtime_);
    while (!layout.empty()) {
      const size_t brace = std::min(layout.find_first_of("{}"), layout.size());
      out.Append(layout.substr(0, brace));
      layout.remove_prefix(brace);
      if (layout.empty()) break;
      if (layout.size() > 1 && layout[1] == layout[0]) {
        out.Append(layout[0]);
        layout.remove_prefix(2);
        continue;
      }
      if (layout[0] == '}') FailType("Single '}' encountered in format string");
      const size_t end = FieldEnd(layout);
      out.Append(Field(layout.substr(1, end - 1), nesting));
      layout.remove_prefix(end + 1);
    }
    return out.Take();
  }

 private:
  static size_t FieldEnd(std::string_view layout) {
    int open = 0;
    for (size_t i = 0; i < layout.size(); ++i) {
      if (layout[i] == '{') ++open;
      if (layout[i] == '}' && --open == 0) return i;
    }
    FailType("expected '}' before end of string");
  }

  std::string Field(std::string_view field, int nesting) {
    // The name ends at the first ! or : that stands outside [].
    bool bracket = false;
    size_t end = 0;
    for (; end < field.size(); ++end) {
      if (field[end] == '[') bracket = true;
      if (field[end] == ']') bracket = false;
      if (!bracket && (field[end] == '!' || field[end] == ':')) break;
    }
    Value value = Lookup(field.substr(0, end));
    field.remove_prefix(end);
    if (field.starts_with('!')) {
      if (field.size() < 2 || (field.size() > 2 && field[2] != ':'))
        FailType("expected ':' after conversion specifier");
      value = Converted(value, field[1]);
      field.remove_prefix(2);
    }
    if (field.starts_with(':')) field.remove_prefix(1);
    return FormatField(runtime_, value, Run(field, nesting + 1));
  }

  Value Converted(const Value& value, char conversion) {
    if (conversion == 's') return ToString(runtime_, value);
    if (conversion == 'r') return runtime_.String(Repr(runtime_, value));
    FailUnsupported(std::string("the conversion !") + conversion);
  }

  Value Lookup(std::string_view name) {
    const size_t end = std::min(name.find_first_of(".["), name.size());
    if (end == name.size() && (name.empty() || IsNumeral(name))) CheckNumbering(name.empty() ? 'a' : 'm');
    Value value = name.empty() ? Positional(automatic_++) : Argument(name.substr(0, end));
    name.remove_prefix(end);
    while (!name.empty()) {
      if (name.front() == '.') {
        const size_t stop = std::min(name.find_first_of(".[", 1), name.size());
        value = GetAttribute(runtime_, value, name.substr(1, stop - 1));
        name.remove_prefix(stop);
        continue;
      }
      const size_t close = name.find(']');
      if (name.front() != '[' || close == name.npos)
        FailType("Only '.' or '[' may follow ']' in format field specifier");
      const std::string_view key = name.substr(1, close - 1);
      value =
          GetItem(runtime_, value, IsNumeral(key) ? Value::Int(ParseNumeral(key)) : runtime_.String(std::string(key)));
      name.remove_prefix(close + 1);
    }
    return value;
  }

  void CheckNumbering(char numbering) {
    if (numbering_ != 0 && numbering_ != numbering) {
      FailType("cannot switch between manual field specification and automatic field numbering");
    }
    numbering_ = numbering;
  }

  Value Positional(int64_t index) const {
    if (index >= static_cast<int64_t>(arguments_.positional.size()) - 1) {
      FailType("the format asks for argument " + std::to_string(index) + ", which was not given");
    }
    return arguments_.positional[index + 1];  // the first is the layout itself
  }

  Value Argument(std::string_view name) const {
    if (IsNumeral(name)) return Positional(ParseNumeral(name));
    for (const auto& [key, value] : arguments_.named) {
      if (key == name) return value;
    }
    FailType("the format asks for argument '" + std::string(name) + "', which was not given");
  }

  Runtime& runtime_;
  const Arguments& arguments_;
  int64_t automatic_ = 0;
  char numbering_ = 0;  // 'a' automatic, 'm' manual, 0 not known yet
};

}  // namespace

std::string BraceFormat(Runtime& runtime, std::string_view layout, const Arguments& arguments) {
  return BraceFormatter(runtime, arguments).Run(layout, 0);
}

}  // namespace bantam::jinja
