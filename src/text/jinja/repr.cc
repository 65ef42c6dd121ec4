#include "text/jinja/repr.h"

#include <fmt/core.h>

#include <charconv>
#include <cmath>

#include "base/utf8.h"
#include "text/jinja/macro.h"
#include "text/jinja/native.h"
#include "text/jinja/runtime.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

void AppendItems(TextBuffer& out, Runtime& runtime, const std::vector<Value>& items) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out.Append(", ");
    AppendRepr(out, runtime, items[i]);
  }
}

void AppendDict(TextBuffer& out, Runtime& runtime, const DictObject& dict) {
  out.Append("{");
  const char* separator = "";
  for (const auto& [key, value] : dict.entries()) {
    out.Append(separator);
    AppendRepr(out, runtime, key);
    out.Append(": ");
    AppendRepr(out, runtime, value);
    separator = ", ";
  }
  out.Append("}");
}

void AppendView(TextBuffer& out, Runtime& runtime, const Value& value) {
  const auto& view = value.As<DictViewObject>();
  out.Append(TypeName(value));
  out.Append("([");
  const char* separator = "";
  for (const auto& [key, item] : view.dict.dict().entries()) {
    out.Append(separator);
    if (view.part == DictPart::kItems) {
      out.Append("(");
      AppendRepr(out, runtime, key);
      out.Append(", ");
      AppendRepr(out, runtime, item);
      out.Append(")");
    } else {
      AppendRepr(out, runtime, view.part == DictPart::kKeys ? key : item);
    }
    separator = ", ";
  }
  out.Append("])");
}

}  // namespace

void AppendStr(TextBuffer& out, Runtime& runtime, const Value& value) {
  if (value.is_string()) {
    out.Append(value.text());
  } else if (!value.is(Type::kUndefined)) {
    AppendRepr(out, runtime, value);
  }
}

std::string Str(Runtime& runtime, const Value& value) {
  TextBuffer out(runtime);
  AppendStr(out, runtime, value);
  return out.Take();
}

Value ToString(Runtime& runtime, const Value& value) {
  return value.is_string() ? value : runtime.String(Str(runtime, value));
}

std::string Repr(Runtime& runtime, const Value& value) {
  TextBuffer out(runtime);
  AppendRepr(out, runtime, value);
  return out.Take();
}

void AppendRepr(TextBuffer& out, Runtime& runtime, const Value& value) {
  const DepthGuard guard(runtime);
  runtime.Step();
  switch (value.type()) {
    case Type::kMissing:
    case Type::kUndefined:
      return out.Append("Undefined");
    case Type::kNone:
      return out.Append("None");
    case Type::kBool:
      return out.Append(value.boolean() ? "True" : "False");
    case Type::kInt:
      return out.Append(fmt::format("{}", value.integer()));
    case Type::kFloat:
      return out.Append(FormatFloat(value.number()));
    case Type::kString:
      runtime.CheckRoom(4 * static_cast<int64_t>(value.text().size()));  // "\x01" for one byte
      if (!value.markup()) return out.Append(ReprText(value.text()));
      return out.Append("Markup(" + ReprText(value.text()) + ")");
    case Type::kList:
      out.Append("[");
      AppendItems(out, runtime, value.items());
      return out.Append("]");
    case Type::kTuple:
      out.Append("(");
      AppendItems(out, runtime, value.items());
      return out.Append(value.items().size() == 1 ? ",)" : ")");
    case Type::kDict:
      return AppendDict(out, runtime, value.dict());
    case Type::kRange: {
      const auto& range = value.As<RangeObject>();
      return out.Append(range.step == 1 ? fmt::format("range({}, {})", range.start, range.stop)
                                        : fmt::format("range({}, {}, {})", range.start, range.stop, range.step));
    }
    case Type::kDictView:
      return AppendView(out, runtime, value);
    case Type::kNamespace:
      out.Append("<Namespace ");
      AppendDict(out, runtime, *value.As<NamespaceObject>().attributes);
      return out.Append(">");
    case Type::kMacro:
      return out.Append("<Macro " + ReprText(value.As<MacroObject>().name()) + ">");
    case Type::kIterator:
      FailUnsupported("printing a generator", "add |list");
    case Type::kLoop:
    case Type::kFunction:
    case Type::kMethod:
      FailUnsupported("printing a " + std::string(TypeName(value)));
  }
}

std::string ReprText(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    const char32_t c = point.value;
    if (c == static_cast<char32_t>(quote) || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (IsPrintable(c)) {
      out += text.substr(0, point.length);
    } else if (c < 0x100) {
      out += fmt::format("\\x{:02x}", static_cast<uint32_t>(c));
    } else if (c < 0x10000) {
      out += fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
    } else {
      out += fmt::format("\\U{:08x}", static_cast<uint32_t>(c));
    }
    text.remove_prefix(point.length);
  }
  out += quote;
  return out;
}

std::string FormatFloat(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[32];
  const char* end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer, end - buffer);
  const size_t e = scientific.find('e');
  int exponent = 0;
  std::from_chars(buffer + e + (scientific[e + 1] == '+' ? 2 : 1), end, exponent);
  // Python's repr() writes an exponent from 1e16 on and below 1e-4.
  if (exponent < -4 || exponent >= 16) return std::string(scientific);
  end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::fixed).ptr;
  std::string fixed(buffer, end - buffer);
  if (fixed.find('.') == std::string::npos) fixed += ".0";
  return fixed;
}

}  // namespace bantam::jinja
