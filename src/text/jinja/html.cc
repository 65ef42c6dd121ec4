#include "text/jinja/html.h"

#include "text/jinja/repr.h"
#include "text/jinja/runtime.h"

namespace bantam::jinja {

Value EscapeHtml(Runtime& runtime, const Value& value) {
  if (value.is_string() && value.markup()) return value;
  const Value plain = ToString(runtime, value);
  TextBuffer out(runtime);
  std::string_view rest = plain.text();
  while (!rest.empty()) {
    const size_t special = std::min(rest.find_first_of("&<>'\""), rest.size());
    out.Append(rest.substr(0, special));
    rest.remove_prefix(special);
    if (rest.empty()) break;
    switch (rest.front()) {
      case '&':
        out.Append("&amp;");
        break;
      case '<':
        out.Append("&lt;");
        break;
      case '>':
        out.Append("&gt;");
        break;
      case '\'':
        out.Append("&#39;");
        break;
      default:
        out.Append("&#34;");
    }
    rest.remove_prefix(1);
  }
  return runtime.String(out.Take(), true);
}

}  // namespace bantam::jinja
