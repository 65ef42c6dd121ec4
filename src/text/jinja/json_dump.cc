#include "text/jinja/json_dump.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.h"
#include "text/jinja/compare.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"
#include "text/jinja/stable_sort.h"

namespace bantam::jinja {
namespace {

std::string FormatNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return FormatFloat(value);
}

class Dumper {
 public:
  Dumper(Runtime& runtime, const JsonLayout& layout) : runtime_(runtime), layout_(layout), out_(runtime) {}

  void Dump(const Value& value) {
    const DepthGuard guard(runtime_);
    runtime_.Step();
    switch (value.type()) {
      case Type::kNone:
        return out_.Append("null");
      case Type::kBool:
        return out_.Append(value.boolean() ? "true" : "false");
      case Type::kInt:
        return out_.Append(fmt::format("{}", value.integer()));
      case Type::kFloat:
        return out_.Append(FormatNumber(value.number()));
      case Type::kString:
        return DumpText(value.text());
      case Type::kList:
      case Type::kTuple:
        return DumpList(value.items());
      case Type::kDict:
        return DumpDict(value.dict());
      default:
        FailType("Object of type " + std::string(TypeName(value)) + " is not JSON serializable");
    }
  }
  std::string Take() { return out_.Take(); }

 private:
  void NewLine() {
    if (!layout_.indent) return;
    out_.Append('\n');
    for (int i = 0; i < level_; ++i) out_.Append(*layout_.indent);
  }

  void DumpList(const std::vector<Value>& items) {
    if (items.empty()) return out_.Append("[]");
    out_.Append('[');
    ++level_;
    for (size_t i = 0; i < items.size(); ++i) {
      if (i > 0) out_.Append(layout_.item_separator);
      NewLine();
      Dump(items[i]);
    }
    --level_;
    NewLine();
    out_.Append(']');
  }

  void DumpDict(const DictObject& dict) {
    if (dict.size() == 0) return out_.Append("{}");
    std::vector<const DictObject::Entry*> entries;
    for (const DictObject::Entry& entry : dict.entries()) entries.push_back(&entry);
    if (layout_.sort_keys) {
      StableSort(entries, [&](const auto* a, const auto* b) { return Less(runtime_, a->first, b->first); });
    }
    out_.Append('{');
    ++level_;
    for (size_t i = 0; i < entries.size(); ++i) {
      if (i > 0) out_.Append(layout_.item_separator);
      NewLine();
      DumpText(KeyText(entries[i]->first));
      out_.Append(layout_.key_separator);
      Dump(entries[i]->second);
    }
    --level_;
    NewLine();
    out_.Append('}');
  }

  std::string KeyText(const Value& key) const {
    switch (key.type()) {
      case Type::kString:
        return key.text();
      case Type::kNone:
        return "null";
      case Type::kBool:
        return key.boolean() ? "true" : "false";
      case Type::kInt:
        return fmt::format("{}", key.integer());
      case Type::kFloat:
        return FormatNumber(key.number());
      default:
        FailType("keys must be str, int, float, bool or None, not " + std::string(TypeName(key)));
    }
  }

  void DumpText(std::string_view text) {
    out_.Append('"');
    size_t plain = 0;  // start of the run of characters that need no escape
    for (size_t i = 0; i < text.size();) {
      const auto byte = static_cast<unsigned char>(text[i]);
      if (byte >= 0x20 && byte != '"' && byte != '\\' && (byte < 0x7F || !layout_.ensure_ascii)) {
        ++i;
        continue;
      }
      out_.Append(text.substr(plain, i - plain));
      const CodePoint point = DecodeUtf8(text.substr(i));
      out_.Append(Escape(point.value));
      i += point.length;
      plain = i;
    }
    out_.Append(text.substr(plain));
    out_.Append('"');
  }

  static std::string Escape(char32_t c) {
    switch (c) {
      case '"':
        return "\\\"";
      case '\\':
        return "\\\\";
      case '\n':
        return "\\n";
      case '\r':
        return "\\r";
      case '\t':
        return "\\t";
      case '\b':
        return "\\b";
      case '\f':
        return "\\f";
      case 0x7F:
        return "\x7F";
      default:
        break;
    }
    if (c < 0x10000) return fmt::format("\\u{:04x}", static_cast<uint32_t>(c));
    const uint32_t offset = static_cast<uint32_t>(c) - 0x10000;  // a UTF-16 surrogate pair
    return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
  }

  Runtime& runtime_;
  const JsonLayout& layout_;
  TextBuffer out_;
  int level_ = 0;
};

}  // namespace

std::string DumpJson(Runtime& runtime, const Value& value, const JsonLayout& layout) {
  Dumper dumper(runtime, layout);
  dumper.Dump(value);
  return dumper.Take();
}

}  // namespace bantam::jinja
