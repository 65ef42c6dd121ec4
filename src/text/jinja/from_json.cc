#include "text/jinja/from_json.h"

#include "base/error.h"
#include "base/utf8.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {
namespace {

Value FromText(Runtime& runtime, const std::string& text, const std::string& name) {
  if (!IsValidUtf8(text)) Fail(ErrorCode::kUsage, "the context's '" + name + "' holds text that is not valid UTF-8");
  runtime.CheckRoom(static_cast<int64_t>(text.size()));
  return Value(Type::kString, runtime.Make<StringObject>(text.size(), text, false));
}

}  // namespace

Value FromJson(Runtime& runtime, const Json& json, const std::string& name) {
  const DepthGuard guard(runtime);
  switch (json.type()) {
    case Json::value_t::null:
      return Value::None();
    case Json::value_t::boolean:
      return Value::Bool(json.get<bool>());
    case Json::value_t::number_integer:
      return Value::Int(json.get<int64_t>());
    case Json::value_t::number_unsigned:
      if (json.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
        Fail(ErrorCode::kUnsupported, "the context's '" + name + "' holds an integer beyond 64 bits");
      }
      return Value::Int(json.get<int64_t>());
    case Json::value_t::number_float:
      return Value::Float(json.get<double>());
    case Json::value_t::string:
      return FromText(runtime, json.get_ref<const std::string&>(), name);
    case Json::value_t::array: {
      runtime.CheckRoom(static_cast<int64_t>(json.size() * sizeof(Value)));
      std::vector<Value> items;
      items.reserve(json.size());
      for (const Json& item : json) items.push_back(FromJson(runtime, item, name));
      return runtime.List(std::move(items));
    }
    case Json::value_t::object: {
      const Ref<DictObject> dict = runtime.Make<DictObject>(0);
      for (const auto& [key, value] : json.items()) {
        dict->Set(FromText(runtime, key, name), FromJson(runtime, value, name));
      }
      return Value(Type::kDict, dict);
    }
    default:
      Fail(ErrorCode::kUsage, "the context's '" + name + "' holds something that is not JSON");
  }
}

}  // namespace bantam::jinja
