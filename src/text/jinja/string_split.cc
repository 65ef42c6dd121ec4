#include "text/jinja/string_split.h"

#include <string.h>

#include <algorithm>

#include "base/utf8.h"
#include "text/jinja/html.h"
#include "text/jinja/iterator.h"
#include "text/jinja/native.h"
#include "text/jinja/runtime.h"
#include "text/jinja/unicode.h"

namespace bantam::jinja {
namespace {

// The last code point of a non-empty text.
CodePoint LastCodePoint(std::string_view text) {
  size_t start = text.size() - 1;
  while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xC0) == 0x80) --start;
  return DecodeUtf8(text.substr(start));
}

std::string Mirror(Runtime& runtime, std::string_view text) {
  runtime.CheckRoom(static_cast<int64_t>(text.size()));
  runtime.StepBytes(text.size());
  return std::string(text.rbegin(), text.rend());
}

class Splitter {
 public:
  Splitter(Runtime& runtime, const Value& self)
      : runtime_(runtime), self_(self), pieces_(runtime), rest_(self.text()) {}

  Value AtSpace(int64_t splits, bool from_the_right) {
    // What is left when the splits are used up keeps the space at its far end.
    rest_ = from_the_right ? TrimSpaceRight(rest_) : TrimSpaceLeft(rest_);
    for (; splits != 0 && !rest_.empty(); --splits) {
      const size_t space = from_the_right ? LastSpaceEnd() : FirstSpace();
      if (space == std::string_view::npos) break;
      if (from_the_right) {
        Append(rest_.substr(space));
        rest_ = TrimSpaceRight(rest_.substr(0, space));
      } else {
        Append(rest_.substr(0, space));
        rest_ = TrimSpaceLeft(rest_.substr(space));
      }
    }
    if (!rest_.empty()) Append(rest_);
    return Finish(from_the_right);
  }

  Value At(std::string_view separator, int64_t splits, bool from_the_right) {
    if (separator.empty()) FailType("empty separator");
    if (from_the_right) return AtFromTheRight(separator, splits);
    for (; splits != 0; --splits) {
      const size_t at = FindText(rest_, separator);
      if (at == std::string_view::npos) break;
      Append(rest_.substr(0, at));
      rest_ = rest_.substr(at + separator.size());
    }
    Append(rest_);
    return Finish(false);
  }

 private:
  Value AtFromTheRight(std::string_view separator, int64_t splits) {
    const std::string mirrored = Mirror(runtime_, rest_);
    const std::string mirrored_separator = Mirror(runtime_, separator);
    for (; splits != 0; --splits) {
      const size_t at = FindText(std::string_view(mirrored).substr(mirrored.size() - rest_.size()), mirrored_separator);
      if (at == std::string_view::npos) break;
      Append(rest_.substr(rest_.size() - at));
      rest_.remove_suffix(at + separator.size());
    }
    Append(rest_);
    return Finish(true);
  }

  size_t FirstSpace() const {
    for (size_t at = 0; at < rest_.size();) {
      const CodePoint point = DecodeUtf8(rest_.substr(at));
      if (IsSpace(point.value)) return at;
      at += point.length;
    }
    return std::string_view::npos;
  }
  size_t LastSpaceEnd() const {
    for (std::string_view text = rest_; !text.empty();) {
      const CodePoint point = LastCodePoint(text);
      if (IsSpace(point.value)) return text.size();
      text.remove_suffix(point.length);
    }
    return std::string_view::npos;
  }
  void Append(std::string_view piece) {
    runtime_.Step();
    pieces_.Append(runtime_.String(std::string(piece), self_.markup()));
  }
  Value Finish(bool reversed) {
    std::vector<Value> pieces = pieces_.Take();
    if (reversed) std::reverse(pieces.begin(), pieces.end());
    return runtime_.List(std::move(pieces));
  }

  Runtime& runtime_;
  const Value& self_;
  ItemBuffer pieces_;
  std::string_view rest_;
};

}  // namespace

size_t FindText(std::string_view text, std::string_view wanted) {
  if (wanted.empty()) return 0;
  const void* found = memmem(text.data(), text.size(), wanted.data(), wanted.size());  // two-way search
  return found == nullptr ? std::string_view::npos : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

size_t FindLastText(Runtime& runtime, std::string_view text, std::string_view wanted) {
  const size_t at = FindText(Mirror(runtime, text), Mirror(runtime, wanted));
  return at == std::string_view::npos ? at : text.size() - at - wanted.size();
}

Value StripText(Runtime& runtime, const Value& self, const Value& characters, bool left, bool right) {
  std::string_view text = self.text();
  if (characters.is_missing() || characters.is_none()) {
    if (left) text = TrimSpaceLeft(text);
    if (right) text = TrimSpaceRight(text);
  } else {
    RequireText(characters);
    const Value escaped = self.markup() ? EscapeHtml(runtime, characters) : characters;
    const std::string& set = escaped.text();
    runtime.CheckRoom(4 * static_cast<int64_t>(set.size()));
    const std::u32string points = ToUtf32(set);
    const auto strips = [&](char32_t c) {
      runtime.StepBytes(16 + set.size());
      return points.find(c) != std::u32string::npos;
    };
    while (left && !text.empty() && strips(DecodeUtf8(text).value)) text.remove_prefix(DecodeUtf8(text).length);
    while (right && !text.empty() && strips(LastCodePoint(text).value)) text.remove_suffix(LastCodePoint(text).length);
  }
  runtime.StepBytes(self.text().size() - text.size());
  if (text.size() == self.text().size()) return self;
  runtime.CheckRoom(static_cast<int64_t>(text.size()));
  return runtime.String(std::string(text), self.markup());
}

Value SplitText(Runtime& runtime, const Value& self, const Value& separator, int64_t max_splits, bool from_the_right) {
  runtime.StepBytes(self.text().size());
  Splitter splitter(runtime, self);
  if (separator.is_missing() || separator.is_none()) return splitter.AtSpace(max_splits, from_the_right);
  return splitter.At(RequireText(separator), max_splits, from_the_right);
}

std::string ReplaceText(Runtime& runtime, std::string_view text, std::string_view from, std::string_view to,
                        int64_t count) {
  runtime.StepBytes(text.size());
  TextBuffer out(runtime);
  if (from.empty()) {
    for (; !text.empty() && count != 0; --count) {
      runtime.Step();
      out.Append(to);
      const int length = DecodeUtf8(text).length;
      out.Append(text.substr(0, length));
      text.remove_prefix(length);
    }
    out.Append(text);
    if (text.empty() && count != 0) out.Append(to);
    return out.Take();
  }
  for (; count != 0; --count) {
    const size_t at = FindText(text, from);
    if (at == std::string_view::npos) break;
    runtime.StepBytes(16);
    out.Append(text.substr(0, at));
    out.Append(to);
    text.remove_prefix(at + from.size());
  }
  out.Append(text);
  return out.Take();
}

}  // namespace bantam::jinja
