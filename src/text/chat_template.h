// Chat templates: the part of Jinja that public models use, with limits, since templates come from strangers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "text/chat_template_limits.h"

namespace bantam {

class ChatTemplate {
 public:
  // Parses; an unsupported construct is kUnsupported with line and construct, a syntax error kFormat with the line.
  explicit ChatTemplate(std::string_view source, std::string name = "chat template", ChatTemplateLimits limits = {});
  ~ChatTemplate();
  ChatTemplate(ChatTemplate&&) noexcept;

  // `context` is an object: messages, tools, add_generation_prompt, bos_token, eos_token, date_string, ...
  // raise_exception() in the template becomes kUsage with its text; what else fails while it runs is kFormat with the line,
  // or kUnsupported. strftime_now uses `now` (seconds since the epoch, UTC) when given, else the local time.
  // May be called from several threads at once.
  std::string Render(const Json& context, std::optional<int64_t> now = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bantam
