#include "text/jinja/value.h"

#include "text/jinja/dict.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {

void Object::Grow(int64_t bytes) {
  runtime_->Charge(bytes);
  bytes_ += bytes;
}

void Object::Retire() { runtime_->Retire(this); }

const std::string& Value::text() const { return As<StringObject>().text; }

bool Value::markup() const { return As<StringObject>().markup; }

const std::vector<Value>& Value::items() const { return As<SequenceObject>().items; }

const DictObject& Value::dict() const { return As<DictObject>(); }

std::string_view TypeName(const Value& value) {
  switch (value.type()) {
    case Type::kMissing:
    case Type::kUndefined:
      return "Undefined";
    case Type::kNone:
      return "NoneType";
    case Type::kBool:
      return "bool";
    case Type::kInt:
      return "int";
    case Type::kFloat:
      return "float";
    case Type::kString:
      return value.markup() ? "Markup" : "str";
    case Type::kList:
      return "list";
    case Type::kTuple:
      return "tuple";
    case Type::kDict:
      return "dict";
    case Type::kRange:
      return "range";
    case Type::kDictView:
      switch (value.As<DictViewObject>().part) {
        case DictPart::kKeys:
          return "dict_keys";
        case DictPart::kValues:
          return "dict_values";
        case DictPart::kItems:
          return "dict_items";
      }
      return "dict_items";
    case Type::kIterator:
      return "generator";
    case Type::kNamespace:
      return "Namespace";
    case Type::kLoop:
      return "LoopContext";
    case Type::kMacro:
      return "Macro";
    case Type::kFunction:
    case Type::kMethod:
      return "builtin_function_or_method";
  }
  return "object";
}

int64_t StringObject::length() const {
  if (length_ < 0) {
    length_ = 0;
    for (const char byte : text)
      length_ += (static_cast<unsigned char>(byte) & 0xC0) != 0x80;  // not a continuation byte
  }
  return length_;
}

int64_t RangeObject::length() const {
  // The distance fits unsigned 64 bits even from the least to the greatest integer.
  const uint64_t distance = step > 0 ? static_cast<uint64_t>(stop) - static_cast<uint64_t>(start)
                                     : static_cast<uint64_t>(start) - static_cast<uint64_t>(stop);
  if (step > 0 ? start >= stop : start <= stop) return 0;
  const uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : uint64_t{0} - static_cast<uint64_t>(step);
  const uint64_t count = (distance - 1) / stride + 1;
  return count > static_cast<uint64_t>(INT64_MAX) ? INT64_MAX : static_cast<int64_t>(count);
}

Cyclic::~Cyclic() {
  if (previous_ != nullptr) {
    previous_->next_ = next_;
  } else if (runtime().cyclic_ == this) {
    runtime().cyclic_ = next_;
  }
  if (next_ != nullptr) next_->previous_ = previous_;
}

}  // namespace bantam::jinja
