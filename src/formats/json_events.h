// JSON read as events, for files whose keys may be many and must be unique: the tree of base/json.h keeps neither
// count. Internal to formats/.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/json.h"

namespace bantam {

// Refuses every event (kFormat); readers override those that their format allows and keep track of where they are.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  // Feeds all events of `text`. A zero byte would end nlohmann's input early and hide what follows, so it is refused.
  void Read(std::string_view text) {
    if (const size_t zero = text.find('\0'); zero != std::string_view::npos) {
      Reject("has a zero byte at offset " + std::to_string(zero));
    }
    nlohmann::json::sax_parse(text, this);
  }

  bool null() override { Reject("null is not allowed here"); }
  bool boolean(bool) override { Reject("a boolean is not allowed here"); }
  bool number_integer(number_integer_t) override { Reject("a negative number is not allowed here"); }
  bool number_unsigned(number_unsigned_t) override { Reject("a number is not allowed here"); }
  bool number_float(number_float_t, const string_t& text) override {
    Reject("the number " + text + " is not allowed here");
  }
  bool string(string_t&) override { Reject("a string is not allowed here"); }
  bool binary(binary_t&) override { Reject("binary data is not allowed here"); }
  bool start_object(size_t) override { Reject("an object is not allowed here"); }
  bool key(string_t&) override { Reject("a key is not allowed here"); }
  bool end_object() override { Reject("an object ends here"); }
  bool start_array(size_t) override { Reject("an array is not allowed here"); }
  bool end_array() override { Reject("an array ends here"); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception& error) override {
    std::string reason = error.what();  // "[json.exception.parse_error.101] parse error at line 1, column 2: reason"
    if (const size_t colon = reason.find(": "); colon != std::string::npos) reason = reason.substr(colon + 2);
    Reject("invalid JSON at character " + std::to_string(position) + ": " + reason);
  }

 protected:
  explicit JsonEvents(std::string where) : where_(std::move(where)) {}

  // Where in the document the reader is, for messages: a tensor or a key.
  virtual std::string Place() const { return {}; }

  [[noreturn]] void Reject(std::string what, ErrorCode code = ErrorCode::kFormat) const {
    const std::string place = Place();
    Fail(code, std::move(what), place.empty() ? where_ : where_ + ", " + place);
  }

 private:
  std::string where_;
};

}  // namespace bantam
