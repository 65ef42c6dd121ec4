// Filters whose result Python computes only as it is asked for, item by item: an error in them shows when the item is
// reached, and a result that nobody looks at is never computed. It counts as true even when it has no items.
#include "text/jinja/attribute_path.h"
#include "text/jinja/compare.h"
#include "text/jinja/filters.h"
#include "text/jinja/iterator.h"
#include "text/jinja/lazy_iterator.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"
#include "text/jinja/tests.h"

namespace bantam::jinja {
namespace {

using Given = std::span<const Value>;

std::vector<Value> From(const std::vector<Value>& values, size_t first) {
  return {values.begin() + static_cast<int64_t>(std::min(first, values.size())), values.end()};
}

// Calls the filter or test that a value names.
Value CallNamed(Runtime& runtime, const Native* (*find)(std::string_view), std::string_view what, const Value& name,
                const Value& item, const Arguments& rest) {
  const Native* native = name.is_string() ? find(name.text()) : nullptr;
  if (native == nullptr) FailType("no " + std::string(what) + " is named " + Repr(runtime, name));
  Arguments arguments{.positional = {item}, .named = rest.named};
  arguments.positional.insert(arguments.positional.end(), rest.positional.begin(), rest.positional.end());
  return CallNative(runtime, *native, what, std::move(arguments));
}

// map(attribute="name", default=...) or map("filter", arguments...).
class MapIterator final : public LazyIterator {
 public:
  explicit MapIterator(Arguments given) : LazyIterator(given.positional[0]), given_(std::move(given)) {}

 private:
  void Start() override {
    if (!Truth(source())) return End();
    rest_ = {.positional = From(given_.positional, 2), .named = given_.named};
    if (given_.positional.size() > 1) {
      name_ = given_.positional[1];
    } else {
      ReadAttribute();
    }
    StartSource();
  }
  void ReadAttribute() {
    Value attribute;
    for (const auto& [name, value] : given_.named) {
      if (name == "attribute") attribute = value;
      if (name == "default") otherwise_ = value;
    }
    if (attribute.is_missing()) FailType("map requires a filter argument");
    for (const auto& [name, value] : given_.named) {
      if (name != "attribute" && name != "default") FailType("Unexpected keyword argument '" + name + "'");
    }
    path_.emplace(runtime(), attribute);
  }
  bool Advance(Value& item) override {
    Value next;
    if (!NextOfSource(next)) return false;
    item = path_ ? path_->Get(runtime(), next, otherwise_)
                 : CallNamed(runtime(), FindFilter, "filter", name_, next, rest_);
    return true;
  }
  void Forget() override {
    given_ = rest_ = {};
    path_.reset();
    name_ = otherwise_ = Value();
  }

  Arguments given_, rest_;
  std::optional<AttributePath> path_;
  Value name_, otherwise_;
};

// select, reject, selectattr and rejectattr: the items whose test says `wanted`.
class SelectIterator final : public LazyIterator {
 public:
  SelectIterator(Arguments given, bool wanted, bool by_attribute)
      : LazyIterator(given.positional[0]), given_(std::move(given)), wanted_(wanted), by_attribute_(by_attribute) {}

 private:
  void Start() override {
    if (!Truth(source())) return End();
    size_t at = 1;
    if (by_attribute_) {
      if (given_.positional.size() <= at) FailType("Missing parameter for attribute name");
      path_.emplace(runtime(), given_.positional[at++]);
    }
    if (given_.positional.size() > at) test_ = given_.positional[at++];
    rest_ = {.positional = From(given_.positional, at), .named = given_.named};
    StartSource();
  }
  bool Advance(Value& item) override {
    Value next;
    while (NextOfSource(next)) {
      const Value tested = path_ ? path_->Get(runtime(), next) : next;
      const bool passes =
          Truth(test_.is_missing() ? tested : CallNamed(runtime(), FindTest, "test", test_, tested, rest_));
      if (passes != wanted_) continue;
      item = std::move(next);
      return true;
    }
    return false;
  }
  void Forget() override {
    given_ = rest_ = {};
    path_.reset();
    test_ = Value();
  }

  Arguments given_, rest_;
  const bool wanted_, by_attribute_;
  std::optional<AttributePath> path_;
  Value test_;
};

class UniqueIterator final : public LazyIterator {
 public:
  UniqueIterator(Value source, bool case_sensitive, Value attribute)
      : LazyIterator(std::move(source)), case_sensitive_(case_sensitive), attribute_(std::move(attribute)) {}

 private:
  void Start() override {
    path_.emplace(runtime(), attribute_);
    seen_ = runtime().Make<DictObject>(0);
    StartSource();
  }
  bool Advance(Value& item) override {
    Value next;
    while (NextOfSource(next)) {
      Value key = path_->Get(runtime(), next);
      if (!case_sensitive_) key = IgnoreCase(runtime(), key);
      if (seen_->Find(key) != nullptr) continue;
      seen_->Set(key, Value::None());
      item = std::move(next);
      return true;
    }
    return false;
  }
  void Forget() override {
    path_.reset();
    attribute_ = Value();
    seen_ = {};
  }

  const bool case_sensitive_;
  Value attribute_;
  std::optional<AttributePath> path_;
  Ref<DictObject> seen_;
};

class ItemsIterator final : public LazyIterator {
 public:
  using LazyIterator::LazyIterator;

 private:
  void Start() override {
    if (source().is(Type::kUndefined)) return End();
    if (!source().is(Type::kDict)) FailType("Can only get item pairs from a mapping.");
    StartSource(Value(Type::kDictView, runtime().Make<DictViewObject>(0, source(), DictPart::kItems)));
  }
  bool Advance(Value& item) override { return NextOfSource(item); }
  void Forget() override {}
};

class BatchIterator final : public LazyIterator {
 public:
  BatchIterator(Value source, int64_t size, Value fill)
      : LazyIterator(std::move(source)), size_(size), fill_(std::move(fill)) {}

 private:
  void Start() override { StartSource(); }
  bool Advance(Value& item) override {
    ItemBuffer batch(runtime());
    if (!held_.is_missing()) batch.Append(std::exchange(held_, Value()));
    for (Value next; NextOfSource(next);) {
      if (static_cast<int64_t>(batch.items().size()) == size_) {
        held_ = std::move(next);
        item = runtime().List(batch.Take());
        return true;
      }
      batch.Append(std::move(next));
    }
    if (batch.items().empty()) return false;
    while (!fill_.is_missing() && !fill_.is_none() && static_cast<int64_t>(batch.items().size()) < size_) {
      runtime().Step();
      batch.Append(fill_);
    }
    item = runtime().List(batch.Take());
    return true;
  }
  void Forget() override { fill_ = held_ = Value(); }

  const int64_t size_;
  Value fill_, held_;  // held: the first item of the next batch
};

class SliceIterator final : public LazyIterator {
 public:
  SliceIterator(Value source, int64_t slices, Value fill)
      : LazyIterator(std::move(source)), slices_(slices), fill_(std::move(fill)) {}

 private:
  void Start() override {
    items_ = Collect(runtime(), source());
    if (slices_ == 0) FailType("integer division or modulo by zero");
  }
  bool Advance(Value& item) override {
    if (at_ >= slices_) return false;
    const auto length = static_cast<int64_t>(items_.size());
    const int64_t each = length / slices_;
    const int64_t longer = length % slices_;  // so many slices have one item more
    const int64_t begin = at_ * each + std::min(at_, longer);
    const int64_t end = begin + each + (at_ < longer ? 1 : 0);
    std::vector<Value> slice(items_.begin() + begin, items_.begin() + end);
    if (!fill_.is_missing() && !fill_.is_none() && at_ >= longer) slice.push_back(fill_);
    runtime().Step(end - begin + 1);
    ++at_;
    item = runtime().List(std::move(slice));
    return true;
  }
  void Forget() override {
    items_.clear();
    fill_ = Value();
    at_ = slices_;
  }

  const int64_t slices_;
  Value fill_;
  std::vector<Value> items_;
  int64_t at_ = 0;
};

// Python reports a missing item argument at the call, everything else when the first item is asked for.
Value Map(Runtime& runtime, const Arguments& given) {
  return AsValue(Ref<Iterator>(runtime.Make<MapIterator>(0, given)));
}

template <bool Wanted, bool ByAttribute>
Value Select(Runtime& runtime, const Arguments& given) {
  return AsValue(Ref<Iterator>(runtime.Make<SelectIterator>(0, given, Wanted, ByAttribute)));
}

Value Unique(Runtime& runtime, Given given) {
  return AsValue(Ref<Iterator>(runtime.Make<UniqueIterator>(0, given[0], TruthOr(given[1], false), given[2])));
}

Value Items(Runtime& runtime, Given given) { return AsValue(Ref<Iterator>(runtime.Make<ItemsIterator>(0, given[0]))); }

Value Batch(Runtime& runtime, Given given) {
  return AsValue(Ref<Iterator>(runtime.Make<BatchIterator>(0, given[0], RequireInteger(given[1]), given[2])));
}

Value Slice(Runtime& runtime, Given given) {
  return AsValue(Ref<Iterator>(runtime.Make<SliceIterator>(0, given[0], RequireInteger(given[1]), given[2])));
}

constexpr Native kFilters[] = {
    {"batch", "value linecount fill_with?", Batch},
    {"items", "value", Items},
    {"map", "*", nullptr, Map},
    {"reject", "*", nullptr, Select<false, false>},
    {"rejectattr", "*", nullptr, Select<false, true>},
    {"select", "*", nullptr, Select<true, false>},
    {"selectattr", "*", nullptr, Select<true, true>},
    {"slice", "value slices fill_with?", Slice},
    {"unique", "value case_sensitive? attribute?", Unique},
};

}  // namespace

std::span<const Native> LazyFilters() { return kFilters; }

}  // namespace bantam::jinja
