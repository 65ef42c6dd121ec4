// "%s: %5.1f" % values, as in Python: %[(name)][flags][width][.precision]type.
#include <cmath>

#include "base/utf8.h"
#include "text/jinja/format.h"
#include "text/jinja/number_format.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

class PercentFormatter {
 public:
  PercentFormatter(Runtime& runtime, std::string_view layout, const Value& values)
      : runtime_(runtime), rest_(layout), values_(values), out_(runtime) {}

  std::string Run() {
    while (!rest_.empty()) {
      const size_t percent = std::min(rest_.find('%'), rest_.size());
      out_.Append(rest_.substr(0, percent));
      rest_.remove_prefix(percent);
      if (!rest_.empty()) Conversion();
    }
    if (used_ < PositionalCount() && !IsMappingLike()) FailType("not all arguments converted during string formatting");
    return out_.Take();
  }

 private:
  // What Python lets stand to the right of % without using it up: anything with items looked up in [].
  bool IsMappingLike() const {
    return values_.is(Type::kDict) || values_.is(Type::kList) || values_.is(Type::kRange) ||
           values_.is(Type::kUndefined);
  }
  size_t PositionalCount() const { return values_.is(Type::kTuple) ? values_.items().size() : 1; }

  Value NextValue() {
    if (used_ >= PositionalCount()) FailType("not enough arguments for format string");
    const size_t position = used_++;
    return values_.is(Type::kTuple) ? values_.items()[position] : values_;
  }

  char Peek() const {
    if (rest_.empty()) FailType("incomplete format");
    return rest_.front();
  }

  // Digits, or a * that takes the next value.
  int64_t Number() {
    if (Peek() == '*') {
      rest_.remove_prefix(1);
      const Value value = NextValue();
      if (!value.is_integer()) FailType("* wants int");
      return value.integer();
    }
    int64_t number = 0;
    for (; Peek() >= '0' && Peek() <= '9'; rest_.remove_prefix(1)) {
      number = number * 10 + (Peek() - '0');
      runtime_.CheckRoom(number);
    }
    return number;
  }

  Value Named() {
    if (!values_.is(Type::kDict)) FailType("format requires a mapping");
    int open = 1;
    size_t end = 1;
    for (; end < rest_.size(); ++end) {
      if (rest_[end] == '(') ++open;
      if (rest_[end] == ')' && --open == 0) break;
    }
    if (end >= rest_.size()) FailType("incomplete format key");
    const std::string_view name = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    const Value* found = values_.dict().Find(name);
    if (found == nullptr) FailType("the format names the missing key '" + std::string(name) + "'");
    return *found;
  }

  void Conversion() {
    rest_.remove_prefix(1);
    if (Peek() == '%') {
      rest_.remove_prefix(1);
      return out_.Append('%');
    }
    Value named;
    if (Peek() == '(') named = Named();
    FormatSpec spec;
    spec.align = '>';
    ReadFlags(spec);
    if (const int64_t width = Number(); width < 0) {
      if (width == INT64_MIN) FailOverflow("a width");
      spec.align = '<';
      spec.width = -width;
    } else {
      spec.width = width;
    }
    if (Peek() == '.') {
      rest_.remove_prefix(1);
      spec.precision = std::max<int64_t>(Number(), 0);
    }
    while (Peek() == 'h' || Peek() == 'l' || Peek() == 'L') rest_.remove_prefix(1);
    spec.type = Peek();
    rest_.remove_prefix(1);
    if (spec.type == '%') return out_.Append('%');
    const Value value = named.is_missing() ? NextValue() : named;
    out_.Append(Formatted(value, spec));
  }

  void ReadFlags(FormatSpec& spec) {
    bool zero = false;
    for (;; rest_.remove_prefix(1)) {
      const char flag = Peek();
      if (flag == '-') {
        spec.align = '<';
      } else if (flag == '+') {
        spec.sign = '+';
      } else if (flag == ' ') {
        if (spec.sign != '+') spec.sign = ' ';
      } else if (flag == '#') {
        spec.alternate = true;
      } else if (flag == '0') {
        zero = true;
      } else {
        break;
      }
    }
    zero_ = zero && spec.align != '<';
  }

  std::string Formatted(const Value& value, FormatSpec spec) {
    switch (spec.type) {
      case 's':
        return FormatText(runtime_, Str(runtime_, value), spec);
      case 'r':
        return FormatText(runtime_, Repr(runtime_, value), spec);
      case 'c':
        spec.precision = -1;
        return FormatText(runtime_, Character(value), spec);
      case 'd':
      case 'i':
      case 'u':
        return FormatInteger(runtime_, WholeNumber(value, spec), WithZeros(spec, 'd'));
      case 'o':
      case 'x':
      case 'X':
        if (!value.is_integer()) FailType(std::string("%") + spec.type + " needs an integer");
        return FormatInteger(runtime_, value.integer(), WithZeros(spec, spec.type));
      case 'e':
      case 'E':
      case 'f':
      case 'F':
      case 'g':
      case 'G':
        if (value.is(Type::kUndefined)) FailUndefined(value);
        if (!value.is_number()) FailType("must be real number, not " + std::string(TypeName(value)));
        return FormatReal(runtime_, value.number(), WithZeros(spec, spec.type));
      case 'a':
        FailUnsupported("the conversion %a");
      default:
        FailType(std::string("unsupported format character '") + spec.type + "'");
    }
  }

  FormatSpec WithZeros(FormatSpec spec, char type) const {
    spec.type = type;
    if (zero_) {
      spec.fill = "0";
      spec.align = '=';
    }
    return spec;
  }

  static std::string Character(const Value& value) {
    if (value.is_string()) {
      if (value.As<StringObject>().length() != 1) FailType("%c requires int or char");
      return value.text();
    }
    const int64_t code = RequireInteger(value);
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) FailType("%c arg not in range(0x110000)");
    std::string out;
    AppendUtf8(out, static_cast<char32_t>(code));
    return out;
  }

  static int64_t WholeNumber(const Value& value, const FormatSpec& spec) {
    if (value.is(Type::kUndefined)) FailUndefined(value);
    if (!value.is_number()) {
      FailType(std::string("%") + spec.type + " needs a number, not " + std::string(TypeName(value)));
    }
    if (value.is_integer()) return value.integer();
    if (!std::isfinite(value.number())) FailType("cannot convert float to integer");
    if (std::abs(value.number()) >= 9.2e18) FailOverflow("%d");
    return static_cast<int64_t>(value.number());
  }

  Runtime& runtime_;
  std::string_view rest_;
  const Value& values_;
  TextBuffer out_;
  size_t used_ = 0;
  bool zero_ = false;
};

}  // namespace

std::string PercentFormat(Runtime& runtime, std::string_view layout, const Value& values) {
  return PercentFormatter(runtime, layout, values).Run();
}

}  // namespace bantam::jinja
