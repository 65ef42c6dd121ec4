// Filters that go through all items at once: join, first, sort, sum, groupby, ...
#include <algorithm>

#include "text/jinja/arithmetic.h"
#include "text/jinja/attribute_path.h"
#include "text/jinja/attributes.h"
#include "text/jinja/compare.h"
#include "text/jinja/filters.h"
#include "text/jinja/iterator.h"
#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"
#include "text/jinja/stable_sort.h"

namespace bantam::jinja {
namespace {

using Given = std::span<const Value>;

Value Default(Runtime& runtime, Given given) {
  const bool absent = given[0].is(Type::kUndefined) || (TruthOr(given[2], false) && !Truth(given[0]));
  if (!absent) return given[0];
  return given[1].is_missing() ? runtime.String("") : given[1];
}

Value LengthFilter(Runtime&, Given given) { return Value::Int(Length(given[0])); }

Value ListFilter(Runtime& runtime, Given given) { return runtime.List(Collect(runtime, given[0])); }

Value First(Runtime& runtime, Given given) {
  Value item;
  if (Iterate(runtime, given[0])->Next(item)) return item;
  return runtime.Undefined("No first item, sequence was empty.");
}

Value Last(Runtime& runtime, Given given) {
  if (given[0].is_string()) {
    const Value last = GetItem(runtime, given[0], Value::Int(-1));
    return last.is(Type::kUndefined) ? runtime.Undefined("No last item, sequence was empty.") : last;
  }
  Value item;
  if (IterateReversed(runtime, given[0])->Next(item)) return item;
  return runtime.Undefined("No last item, sequence was empty.");
}

Value Join(Runtime& runtime, Given given) {
  const Value separator = given[1].is_missing() ? runtime.String("") : ToString(runtime, given[1]);
  const AttributePath path(runtime, given[2]);
  TextBuffer out(runtime);
  const Ref<Iterator> iterator = Iterate(runtime, given[0]);
  bool first = true;
  for (Value item; iterator->Next(item); first = false) {
    if (!first) out.Append(separator.text());
    AppendStr(out, runtime, path.Get(runtime, item));
  }
  return runtime.String(out.Take());
}

Value Reverse(Runtime& runtime, Given given) {
  if (given[0].is_string()) return GetSlice(runtime, given[0], {}, {}, Value::Int(-1));
  if (given[0].is(Type::kIterator)) {
    std::vector<Value> items = Collect(runtime, given[0]);
    std::reverse(items.begin(), items.end());
    return runtime.List(std::move(items));
  }
  return AsValue(IterateReversed(runtime, given[0]));
}

Value Sum(Runtime& runtime, Given given) {
  const AttributePath path(runtime, given[1]);
  Value total = given[2].is_missing() ? Value::Int(0) : given[2];
  if (total.is_string()) FailType("sum() can't sum strings [use ''.join(seq) instead]");
  const Ref<Iterator> iterator = Iterate(runtime, given[0]);
  for (Value item; iterator->Next(item);) {
    total = Apply(runtime, Arithmetic::kAdd, total, path.Get(runtime, item));
  }
  return total;
}

template <bool WantMax>
Value Extreme(Runtime& runtime, Given given) {
  const bool case_sensitive = TruthOr(given[1], false);
  const AttributePath path(runtime, given[2]);
  const auto key_of = [&](const Value& item) {
    const Value key = path.Get(runtime, item);
    return case_sensitive ? key : IgnoreCase(runtime, key);
  };
  const Ref<Iterator> iterator = Iterate(runtime, given[0]);
  Value best, item;
  if (!iterator->Next(best)) return runtime.Undefined("No aggregated item, sequence was empty.");
  Value best_key = key_of(best);
  while (iterator->Next(item)) {
    Value key = key_of(item);
    if (WantMax ? Less(runtime, best_key, key) : Less(runtime, key, best_key)) {
      best = item;
      best_key = std::move(key);
    }
  }
  return best;
}

// Items and their keys, sorted stably by key.
struct Keyed {
  Value key, item;
};

void SortByKey(Runtime& runtime, std::vector<Keyed>& items, bool reverse) {
  runtime.CheckRoom(static_cast<int64_t>(items.size() * sizeof(Keyed)));
  StableSort(items, [&](const Keyed& a, const Keyed& b) {
    runtime.Step();
    return reverse ? Less(runtime, b.key, a.key) : Less(runtime, a.key, b.key);
  });
}

Value ItemsOf(Runtime& runtime, std::vector<Keyed>& keyed) {
  std::vector<Value> items;
  items.reserve(keyed.size());
  for (Keyed& entry : keyed) items.push_back(std::move(entry.item));
  return runtime.List(std::move(items));
}

template <typename KeyOf>
std::vector<Keyed> CollectKeyed(Runtime& runtime, const Value& values, const KeyOf& key_of) {
  std::vector<Value> items = Collect(runtime, values);
  runtime.CheckRoom(static_cast<int64_t>(items.size() * sizeof(Keyed)));
  std::vector<Keyed> keyed;
  keyed.reserve(items.size());
  for (Value& item : items) {
    Value key = key_of(item);
    keyed.push_back({std::move(key), std::move(item)});
  }
  return keyed;
}

// attribute: paths separated by commas; the items are compared by the list of what is found there.
Value Sort(Runtime& runtime, Given given) {
  const bool case_sensitive = TruthOr(given[2], false);
  std::vector<AttributePath> paths;
  if (given[3].is_string()) {
    std::string_view rest = given[3].text();
    while (true) {
      const size_t comma = std::min(rest.find(','), rest.size());
      paths.emplace_back(runtime, runtime.String(std::string(rest.substr(0, comma))));
      if (comma == rest.size()) break;
      rest.remove_prefix(comma + 1);
    }
  } else {
    paths.emplace_back(runtime, given[3]);
  }
  std::vector<Keyed> keyed = CollectKeyed(runtime, given[0], [&](const Value& item) {
    std::vector<Value> keys;
    for (const AttributePath& path : paths) {
      const Value key = path.Get(runtime, item);
      keys.push_back(case_sensitive ? key : IgnoreCase(runtime, key));
    }
    return runtime.List(std::move(keys));
  });
  SortByKey(runtime, keyed, TruthOr(given[1], false));
  return ItemsOf(runtime, keyed);
}

Value DictSort(Runtime& runtime, Given given) {
  if (given[0].is(Type::kUndefined)) FailUndefined(given[0]);
  if (!given[0].is(Type::kDict)) FailType("dictsort needs a dict, not '" + std::string(TypeName(given[0])) + "'");
  const bool case_sensitive = TruthOr(given[1], false);
  const std::string by = given[2].is_missing() ? "key" : RequireText(given[2]);
  if (by != "key" && by != "value") FailType("You can only sort by either \"key\" or \"value\"");
  const Value items = Value(Type::kDictView, runtime.Make<DictViewObject>(0, given[0], DictPart::kItems));
  std::vector<Keyed> keyed = CollectKeyed(runtime, items, [&](const Value& item) {
    const Value& key = item.items()[by == "key" ? 0 : 1];
    return case_sensitive ? key : IgnoreCase(runtime, key);
  });
  SortByKey(runtime, keyed, TruthOr(given[3], false));
  return ItemsOf(runtime, keyed);
}

Value GroupBy(Runtime& runtime, Given given) {
  const AttributePath path(runtime, given[1]);
  const bool case_sensitive = TruthOr(given[3], false);
  std::vector<Keyed> keyed = CollectKeyed(runtime, given[0], [&](const Value& item) {
    const Value key = path.Get(runtime, item, given[2]);
    return case_sensitive ? key : IgnoreCase(runtime, key);
  });
  SortByKey(runtime, keyed, false);
  std::vector<Value> groups;
  for (size_t begin = 0; begin < keyed.size();) {
    size_t end = begin;
    std::vector<Value> members;
    while (end < keyed.size() && Equal(runtime, keyed[begin].key, keyed[end].key)) members.push_back(keyed[end++].item);
    // The group is named by the key as its first member has it.
    Value grouper = path.Get(runtime, members[0], given[2]);
    std::vector<Value> pair = {std::move(grouper), runtime.List(std::move(members))};
    groups.emplace_back(Type::kTuple, runtime.Make<SequenceObject>(2 * sizeof(Value), std::move(pair), true));
    begin = end;
  }
  return runtime.List(std::move(groups));
}

Value Attr(Runtime& runtime, Given given) {
  const std::string& name = RequireText(given[1]);
  Value found = FindAttribute(runtime, given[0], name);
  if (!found.is_missing()) return found;
  return runtime.Undefined("'" + std::string(TypeName(given[0])) + "' object has no attribute '" + name + "'");
}

constexpr Native kFilters[] = {
    {"attr", "obj name", Attr},
    {"count", "obj/", LengthFilter},
    {"d", "value default_value? boolean?", Default},
    {"default", "value default_value? boolean?", Default},
    {"dictsort", "value case_sensitive? by? reverse?", DictSort},
    {"first", "seq", First},
    {"groupby", "value attribute default? case_sensitive?", GroupBy},
    {"join", "value d? attribute?", Join},
    {"last", "seq", Last},
    {"length", "obj/", LengthFilter},
    {"list", "value", ListFilter},
    {"max", "value case_sensitive? attribute?", Extreme<true>},
    {"min", "value case_sensitive? attribute?", Extreme<false>},
    {"reverse", "value", Reverse},
    {"sort", "value reverse? case_sensitive? attribute?", Sort},
    {"sum", "iterable attribute? start?", Sum},
};

}  // namespace

std::span<const Native> SequenceFilters() { return kFilters; }

}  // namespace bantam::jinja
