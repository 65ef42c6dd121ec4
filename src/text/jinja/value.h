// Values of a template while it renders, with Python's types and meaning, since that is what templates were written for.
//
// A Value is 16 bytes: a type and either the number itself or a counted reference to an Object. Everything is immutable
// but the few Cyclic objects (namespaces, loops, call frames, iterators), as in Jinja's immutable sandbox, so
// values are shared freely and only Cyclic objects can close a cycle of references. Every object's bytes are charged to the
// Runtime that made it.
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bantam::jinja {

class Runtime;
class DictObject;

enum class Type : uint8_t {
  kMissing,    // no value: an unset variable or an argument that was not given; never seen by a template
  kUndefined,  // Jinja's Undefined: prints as nothing and fails when used further
  kNone,
  kBool,
  kInt,
  kFloat,
  kString,
  kList,
  kTuple,
  kDict,
  kRange,
  kDictView,  // dict.keys(), dict.values(), dict.items()
  kIterator,  // what Python calls a generator: lazy, and used up by one pass
  kNamespace,
  kLoop,  // `loop` inside a for
  kMacro,
  kFunction,  // range, dict, namespace, raise_exception, ...
  kMethod,    // a method bound to its object
};

// Base of everything a Value can refer to. Made by Runtime::Make only.
class Object {
 public:
  Object() = default;
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  Runtime& runtime() const { return *runtime_; }
  // Charges `bytes` more for what this object has grown by.
  void Grow(int64_t bytes);

 private:
  friend class Runtime;
  friend class Value;
  template <typename T>
  friend class Ref;

  void Acquire() { ++references_; }
  void Release() {
    if (--references_ == 0) Retire();
  }
  void Retire();

  Runtime* runtime_ = nullptr;
  Object* next_dead_ = nullptr;  // list of objects whose turn to be deleted has not come
  int64_t bytes_ = 0;
  uint32_t references_ = 0;
};

// A counted reference to an object of a known class; may be empty.
template <typename T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) object_->Acquire();
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <typename Derived>
  Ref(const Ref<Derived>& other) : Ref(other.get()) {}  // NOLINT(google-explicit-constructor)
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->Release();
  }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }

 private:
  T* object_ = nullptr;
};

class Value {
 public:
  Value() : Value(Type::kMissing, uint64_t{0}) {}
  static Value None() { return Value(Type::kNone, uint64_t{0}); }
  static Value Bool(bool value) { return Value(Type::kBool, uint64_t{value}); }
  static Value Int(int64_t value) { return Value(Type::kInt, std::bit_cast<uint64_t>(value)); }
  static Value Float(double value) { return Value(Type::kFloat, std::bit_cast<uint64_t>(value)); }
  template <typename T>
  Value(Type type, const Ref<T>& object) : Value(type, reinterpret_cast<uint64_t>(static_cast<Object*>(object.get()))) {
    object->Acquire();
  }

  Value(const Value& other) : type_(other.type_), bits_(other.bits_) {
    if (is_object()) object()->Acquire();
  }
  Value(Value&& other) noexcept : type_(std::exchange(other.type_, Type::kMissing)), bits_(other.bits_) {}
  Value& operator=(Value other) noexcept {
    std::swap(type_, other.type_);
    std::swap(bits_, other.bits_);
    return *this;
  }
  ~Value() {
    if (is_object()) object()->Release();
  }

  Type type() const { return type_; }
  bool is(Type type) const { return type_ == type; }
  bool is_missing() const { return type_ == Type::kMissing; }
  bool is_none() const { return type_ == Type::kNone; }
  bool is_string() const { return type_ == Type::kString; }
  bool is_sequence() const { return type_ == Type::kList || type_ == Type::kTuple; }
  bool is_integer() const { return type_ == Type::kInt || type_ == Type::kBool; }  // a bool is an int in Python
  bool is_number() const { return is_integer() || type_ == Type::kFloat; }

  bool boolean() const { return bits_ != 0; }
  int64_t integer() const { return std::bit_cast<int64_t>(bits_); }  // of kInt and kBool
  double number() const {                                            // of any number
    return type_ == Type::kFloat ? std::bit_cast<double>(bits_) : static_cast<double>(integer());
  }

  const std::string& text() const;          // of kString
  bool markup() const;                      // of kString
  const std::vector<Value>& items() const;  // of kList and kTuple
  const DictObject& dict() const;           // of kDict
  template <typename T>
  T& As() const {  // the object of a type whose class is T
    return static_cast<T&>(*object());
  }
  const Object* identity() const { return is_object() ? object() : nullptr; }

 private:
  Value(Type type, uint64_t bits) : type_(type), bits_(bits) {}
  bool is_object() const { return type_ >= Type::kString || type_ == Type::kUndefined; }
  Object* object() const { return reinterpret_cast<Object*>(bits_); }

  Type type_;
  uint64_t bits_;  // the bool, the int, the bits of the double or the address of the Object
};

// Python's name of the value's type, as its error messages print it: "str", "list", "NoneType".
std::string_view TypeName(const Value& value);

struct UndefinedObject : Object {
  explicit UndefinedObject(std::string why) : message(std::move(why)) {}
  const std::string message;  // what is wrong, for the error when the value is used
};

// Text in valid UTF-8. `markup` marks text as HTML that needs no escaping (the `safe` and `escape` filters): adding plain
// text to it escapes that text.
class StringObject : public Object {
 public:
  StringObject(std::string content, bool is_markup) : text(std::move(content)), markup(is_markup) {}
  int64_t length() const;  // in code points
  bool ascii() const { return length() == static_cast<int64_t>(text.size()); }

  const std::string text;
  const bool markup;

 private:
  mutable int64_t length_ = -1;  // counted when first asked for
};

struct SequenceObject : Object {
  explicit SequenceObject(std::vector<Value> values, bool is_group = false)
      : items(std::move(values)), group(is_group) {}
  const std::vector<Value> items;
  const bool group;  // a (grouper, list) pair of the groupby filter, whose parts have names
};

struct RangeObject : Object {
  RangeObject(int64_t first, int64_t end, int64_t stride) : start(first), stop(end), step(stride) {}
  int64_t length() const;
  int64_t At(int64_t position) const {  // 0 <= position < length(); wraps on the way where the steps are huge
    return static_cast<int64_t>(static_cast<uint64_t>(start) +
                                static_cast<uint64_t>(position) * static_cast<uint64_t>(step));
  }
  const int64_t start, stop, step;  // step != 0
};

enum class DictPart : uint8_t { kKeys, kValues, kItems };

struct DictViewObject : Object {
  DictViewObject(Value of, DictPart which) : dict(std::move(of)), part(which) {}
  const Value dict;
  const DictPart part;
};

// An object that can be changed after it was made and so can come to refer to itself. The Runtime keeps a list of them
// and clears them all when rendering ends.
class Cyclic : public Object {
 public:
  ~Cyclic() override;
  virtual void Clear() = 0;  // drops every reference

 private:
  friend class Runtime;
  Cyclic* previous_ = nullptr;
  Cyclic* next_ = nullptr;
};

// Variables of one call: of the template itself, of a macro, of a call block or of a loop's filter.
class FrameObject : public Cyclic {
 public:
  FrameObject(size_t slot_count, Ref<FrameObject> outer) : slots(slot_count), parent(std::move(outer)) {}
  void Clear() override {
    slots.assign(slots.size(), Value());
    parent = {};
  }
  std::vector<Value> slots;
  Ref<FrameObject> parent;  // of the function this one was written in
};

// Anything that gives values one after the other.
class Iterator : public Cyclic {
 public:
  // False at the end; `item` is then unchanged.
  virtual bool Next(Value& item) = 0;
};

struct Native;

struct MethodObject : Object {
  MethodObject(Value object, const Native* function, std::string_view method_name)
      : self(std::move(object)), native(function), name(method_name) {}
  const Value self;
  const Native* const native;  // null: a method of Python's that is not supported here
  const std::string name;
};

struct FunctionObject : Object {
  explicit FunctionObject(const Native* function) : native(function) {}
  const Native* const native;
};

}  // namespace bantam::jinja
