#include "text/jinja/iterator.h"

#include "base/utf8.h"
#include "text/jinja/compare.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

// Lists, tuples, dicts and their views, ranges: things with a length whose items are found by position.
class PositionIterator final : public Iterator {
 public:
  PositionIterator(Value source, bool reversed)
      : source_(std::move(source)), reversed_(reversed), length_(jinja::Length(source_)) {}

  bool Next(Value& item) override {
    if (position_ >= length_) return false;
    runtime().Step();
    item = At(reversed_ ? length_ - 1 - position_ : position_);
    ++position_;
    return true;
  }
  void Clear() override {
    source_ = Value();
    length_ = 0;
  }

 private:
  Value At(int64_t position) const {
    switch (source_.type()) {
      case Type::kRange:
        return Value::Int(source_.As<RangeObject>().At(position));
      case Type::kDict:
        return source_.dict().entries()[position].first;
      case Type::kDictView: {
        const auto& view = source_.As<DictViewObject>();
        const auto& [key, value] = view.dict.dict().entries()[position];
        if (view.part == DictPart::kKeys) return key;
        if (view.part == DictPart::kValues) return value;
        return runtime().Tuple({key, value});
      }
      default:
        return source_.items()[position];
    }
  }

  Value source_;
  const bool reversed_;
  int64_t length_;
  int64_t position_ = 0;
};

class CharacterIterator final : public Iterator {
 public:
  explicit CharacterIterator(Value source) : source_(std::move(source)) {}

  bool Next(Value& item) override {
    if (source_.is_missing() || offset_ >= source_.text().size()) return false;
    runtime().Step();
    const std::string_view rest = std::string_view(source_.text()).substr(offset_);
    const int length = DecodeUtf8(rest).length;
    item = runtime().String(std::string(rest.substr(0, length)));  // plain, even of Markup
    offset_ += length;
    return true;
  }
  void Clear() override { source_ = Value(); }

 private:
  Value source_;
  size_t offset_ = 0;
};

}  // namespace

bool IsIterable(const Value& value) { return value.type() == Type::kIterator || HasLength(value); }

Ref<Iterator> Iterate(Runtime& runtime, const Value& value) {
  switch (value.type()) {
    case Type::kUndefined:
      return runtime.Make<PositionIterator>(0, runtime.List({}), false);
    case Type::kString:
      return runtime.Make<CharacterIterator>(0, value);
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
    case Type::kRange:
    case Type::kDictView:
      return runtime.Make<PositionIterator>(0, value, false);
    case Type::kIterator:
      return Ref<Iterator>(&value.As<Iterator>());
    case Type::kLoop:
      FailUnsupported("iterating over 'loop'");
    default:
      FailType("'" + std::string(TypeName(value)) + "' object is not iterable");
  }
}

Ref<Iterator> IterateReversed(Runtime& runtime, const Value& value) {
  switch (value.type()) {
    case Type::kUndefined:
      return Iterate(runtime, value);
    case Type::kList:
    case Type::kTuple:
    case Type::kDict:
    case Type::kRange:
    case Type::kDictView:
      return runtime.Make<PositionIterator>(0, value, true);
    default:
      FailType("'" + std::string(TypeName(value)) + "' object is not reversible");
  }
}

std::vector<Value> Collect(Runtime& runtime, const Value& value) {
  ItemBuffer items(runtime);
  const Ref<Iterator> iterator = Iterate(runtime, value);
  for (Value item; iterator->Next(item);) items.Append(std::move(item));
  return items.Take();
}

ItemBuffer::~ItemBuffer() { runtime_.Refund(charged_); }

void ItemBuffer::Append(Value item) {
  runtime_.Charge(sizeof(Value));
  charged_ += sizeof(Value);
  items_.push_back(std::move(item));
}

}  // namespace bantam::jinja
