#include "text/jinja/runtime.h"

#include <algorithm>

namespace bantam::jinja {

Runtime::~Runtime() {
  // Every Cyclic object is held while all are cleared, so that none is deleted under the walk.
  for (Cyclic* object = cyclic_; object != nullptr; object = object->next_) object->Acquire();
  for (Cyclic* object = cyclic_; object != nullptr; object = object->next_) object->Clear();
  while (cyclic_ != nullptr) {
    Cyclic* object = cyclic_;
    object->Release();
    if (cyclic_ == object)
      break;  // somebody outside still holds it: the owner of this Runtime must not let that happen
  }
}

void Runtime::Register(Cyclic* object) {
  object->next_ = cyclic_;
  if (cyclic_ != nullptr) cyclic_->previous_ = object;
  cyclic_ = object;
}

// Deleting an object may retire those it referred to. They wait in a list instead of being deleted in a deeper call:
// a list in a list in a list, a hundred thousand deep, must not overflow the stack.
void Runtime::Retire(Object* object) {
  object->next_dead_ = dead_;
  dead_ = object;
  if (deleting_) return;
  deleting_ = true;
  while (dead_ != nullptr) {
    Object* next = dead_;
    dead_ = next->next_dead_;
    bytes_alive_ -= next->bytes_;
    delete next;
  }
  deleting_ = false;
}

Value Runtime::String(std::string text, bool markup) {
  const size_t bytes = text.size();
  StepBytes(bytes);
  return Value(Type::kString, Make<StringObject>(bytes, std::move(text), markup));
}

Value Runtime::List(std::vector<Value> items) {
  const size_t bytes = items.size() * sizeof(Value);
  return Value(Type::kList, Make<SequenceObject>(bytes, std::move(items)));
}

Value Runtime::Tuple(std::vector<Value> items) {
  const size_t bytes = items.size() * sizeof(Value);
  return Value(Type::kTuple, Make<SequenceObject>(bytes, std::move(items)));
}

Value Runtime::Undefined(std::string message) {
  const size_t bytes = message.size();
  return Value(Type::kUndefined, Make<UndefinedObject>(bytes, std::move(message)));
}

void Runtime::FailSteps() const {
  Fail(ErrorCode::kMemory, "the template needs more than " + std::to_string(limits_.steps) + " steps");
}

void Runtime::FailMemory() const {
  Fail(ErrorCode::kMemory, "the template needs more than " + std::to_string(limits_.memory_bytes) + " bytes");
}

void Runtime::FailDepth() const {
  Fail(ErrorCode::kMemory, "the template nests more than " + std::to_string(limits_.depth * kEvaluationsPerCall) +
                               " evaluations or values inside each other");
}

void FailType(std::string what) { Fail(ErrorCode::kFormat, std::move(what)); }

void FailUnsupported(std::string construct, std::string hint) {
  Fail(ErrorCode::kUnsupported, std::move(construct) + " is not supported", {}, std::move(hint));
}

void FailOverflow(std::string_view operation) {
  Fail(ErrorCode::kUnsupported, std::string(operation) + " gives an integer beyond 64 bits");
}

void FailUndefined(const Value& undefined) { FailType(undefined.As<UndefinedObject>().message); }

void TextBuffer::Reserve(size_t needed) {
  // Charged by doubling, as std::string grows, and before it does.
  const auto wanted = static_cast<int64_t>(std::max(needed, 2 * text_.capacity()));
  runtime_.Charge(wanted - charged_);
  charged_ = wanted;
  text_.reserve(static_cast<size_t>(wanted));
}

}  // namespace bantam::jinja
