#include "task/sample.h"

namespace bantam {

Json ToJson(const Sample& sample) {
  Json json = {{"id", sample.id}, {"split", Name(sample.split)}};
  if (sample.messages.empty()) {
    json["prompt"] = sample.prompt;
    json["completion"] = sample.completion;
  } else {
    Json& messages = json["messages"] = Json::array();
    for (const Message& message : sample.messages) {
      messages.push_back({{"role", message.role}, {"content", message.content}});
    }
  }
  json["tags"] = sample.tags;
  json["nodes"] = sample.nodes;
  return json;
}

}  // namespace bantam
