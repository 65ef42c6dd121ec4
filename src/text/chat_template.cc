#include "text/chat_template.h"

#include <new>

#include "base/error.h"
#include "base/utf8.h"
#include "text/jinja/from_json.h"
#include "text/jinja/interpreter.h"
#include "text/jinja/lexer.h"
#include "text/jinja/parser.h"
#include "text/jinja/runtime.h"

namespace bantam {
namespace {

// Twenty times the longest template among today's public models; a tree takes about fifty bytes per byte of source.
constexpr size_t kMaxSourceBytes = 1 << 20;

}  // namespace

struct ChatTemplate::Impl {
  std::string name;
  ChatTemplateLimits limits;
  jinja::TemplateTree tree;
};

ChatTemplate::ChatTemplate(std::string_view source, std::string name, ChatTemplateLimits limits) {
  if (source.size() > kMaxSourceBytes) {
    Fail(ErrorCode::kMemory,
         "the template has " + std::to_string(source.size()) + " bytes, more than the " +
             std::to_string(kMaxSourceBytes) + " that are read",
         name);
  }
  if (!IsValidUtf8(source)) Fail(ErrorCode::kFormat, "the template is not valid UTF-8", name);
  jinja::TemplateTree tree = jinja::ParseTemplate(source, name, limits.depth);
  impl_ = std::make_unique<Impl>(Impl{std::move(name), limits, std::move(tree)});
}

ChatTemplate::~ChatTemplate() = default;
ChatTemplate::ChatTemplate(ChatTemplate&&) noexcept = default;

std::string ChatTemplate::Render(const Json& context, std::optional<int64_t> now) const {
  if (!context.is_object()) Fail(ErrorCode::kUsage, "the context must be a JSON object", impl_->name);
  jinja::Runtime runtime(impl_->limits, now);
  int line = 0;  // none yet
  try {
    const jinja::Ref<jinja::DictObject> variables = runtime.Make<jinja::DictObject>(0);
    for (const auto& [key, value] : context.items()) {
      if (!IsValidUtf8(key)) Fail(ErrorCode::kUsage, "the name of a variable in the context is not valid UTF-8");
      variables->Set(runtime.String(key), jinja::FromJson(runtime, value, key));
    }
    jinja::Interpreter interpreter(impl_->tree, runtime, *variables);
    try {
      return interpreter.Run();
    } catch (...) {
      line = interpreter.line();
      throw;
    }
  } catch (const Error& error) {
    if (!error.where().empty()) throw;
    throw Error(error.code(), error.message(), line == 0 ? impl_->name : jinja::At(impl_->name, line), error.hint());
  } catch (const std::bad_alloc&) {
    Fail(ErrorCode::kMemory, "the machine has no memory left for this template", impl_->name);
  }
}

}  // namespace bantam
