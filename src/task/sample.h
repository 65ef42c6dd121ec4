// One sample of a content graph: the text a model is trained or asked with, and every value that it was made from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/message.h"
#include "task/split.h"

namespace bantam {

struct Sample {
  int64_t id = 0;  // the index it was drawn by; whoever writes several splits into one file numbers anew
  Split split = Split::kTrain;
  std::vector<Message> messages;   // or
  std::string prompt, completion;  // when there are no messages
  Json tags = Json::object();      // {name: text}
  Json nodes = Json::object();     // {node: value}, parents before children; absent nodes are left out
  std::string cell;                // "angle=mockery, audience=soldiers"; empty when nothing is stratified
};

// The line that `bantam content synth` writes: id, split, messages (or prompt and completion), tags, nodes.
Json ToJson(const Sample& sample);

}  // namespace bantam
