#include <fmt/core.h>

#include "formats/json_events.h"
#include "formats/names.h"
#include "formats/safetensors_header.h"

namespace bantam {
namespace {

// {"metadata": {...}, "weight_map": {"model.embed_tokens.weight": "model-00001-of-00002.safetensors", ...}}. Everything
// but the map is free text of the tool that wrote the file, and skipped.
class IndexEvents : public JsonEvents {
 public:
  IndexEvents(const std::string& where, std::map<std::string, std::string>* map) : JsonEvents(where), map_(map) {}

  bool has_map() const { return has_map_; }

  bool start_object(size_t) override {
    const bool opens_map = depth_ == 1 && key_ == "weight_map";
    if (depth_ > 0) Skip("an object");
    ++depth_;
    if (opens_map) {
      if (has_map_) Reject("\"weight_map\" stands twice");
      has_map_ = in_map_ = true;
    }
    return true;
  }
  bool end_object() override {
    --depth_;
    in_map_ = false;
    return true;
  }
  bool key(string_t& text) override {
    if (in_map_ && !IsCleanName(text)) Reject("a tensor name has control characters");
    if (depth_ == 1 || in_map_) key_ = text;
    return true;
  }
  bool string(string_t& text) override {
    if (!in_map_) return Skip("a string");
    if (!IsCleanName(text)) Reject("its shard has a name with control characters");
    if (text.empty() || text == "." || text == ".." || text.find_first_of("/\\") != std::string::npos) {
      Reject(fmt::format("shard '{}' is not the name of a file beside the index", text));
    }
    if (!map_->emplace(key_, text).second) Reject("stands twice");
    return true;
  }
  bool start_array(size_t) override {
    Skip("an array");
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool null() override { return Skip("null"); }
  bool boolean(bool) override { return Skip("a boolean"); }
  bool number_integer(number_integer_t) override { return Skip("a number"); }
  bool number_unsigned(number_unsigned_t) override { return Skip("a number"); }
  bool number_float(number_float_t, const string_t&) override { return Skip("a number"); }

 protected:
  std::string Place() const override { return in_map_ && !key_.empty() ? fmt::format("tensor '{}'", key_) : ""; }

 private:
  bool Skip(std::string_view what) const {
    if (depth_ == 0) Reject(fmt::format("is {}, an object is needed", what));
    if (in_map_) Reject(fmt::format("{} is not the name of a shard", what));
    return true;
  }

  std::map<std::string, std::string>* map_;
  int depth_ = 0;    // open objects and arrays
  std::string key_;  // of the outermost object, or of the map inside it
  bool has_map_ = false, in_map_ = false;
};

}  // namespace

std::map<std::string, std::string> ParseSafetensorsIndex(std::string_view text, const std::string& where) {
  std::map<std::string, std::string> map;
  IndexEvents events(where, &map);
  events.Read(text);
  if (!events.has_map()) Fail(ErrorCode::kFormat, "\"weight_map\" is missing or not an object", where);
  return map;
}

}  // namespace bantam
