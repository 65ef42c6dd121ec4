// Renders chat templates for a comparison with another renderer. Reads one JSON object a line from standard input,
// {"template": text, "context": {...}, "now": seconds (optional)}, and writes one line for each: {"text": ...} or
// {"error": message, "code": name}.
#include <iostream>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "text/chat_template.h"

int main() {
  using bantam::Json;
  for (std::string line; std::getline(std::cin, line);) {
    Json answer;
    try {
      const Json request = bantam::ParseJson(line, "standard input");
      std::optional<int64_t> now;
      if (request.contains("now")) now = request.at("now").get<int64_t>();
      const bantam::ChatTemplate chat_template(request.at("template").get<std::string>());
      answer["text"] = chat_template.Render(request.at("context"), now);
    } catch (const bantam::Error& error) {
      answer["error"] = error.what();
      answer["message"] = error.message();
      answer["code"] = bantam::ErrorCodeName(error.code());
    }
    std::cout << bantam::DumpJson(answer, -1) << std::endl;
  }
}
