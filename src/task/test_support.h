// Content graphs from texts, for tests.
#pragma once

#include <map>
#include <string>

#include "base/error.h"
#include "task/content_graph.h"

namespace bantam::testing {

// A graph named g.yaml with a world.yaml beside it.
inline ContentGraph ParseContent(const std::string& text, const std::string& world = "",
                                 std::shared_ptr<ChatEndpoint> endpoint = nullptr) {
  const auto read = [&](const std::filesystem::path& path) {
    if (path != "world.yaml") Fail(ErrorCode::kIo, "cannot open", path.string());
    return world;
  };
  return ContentGraph::Parse(text, "g.yaml", read, std::move(endpoint));
}

// A whole graph around some nodes: "prompt" is fixed, "completion" is `completion`.
inline std::string GraphOf(const std::string& nodes, const std::string& completion, const std::string& more = "") {
  return "schema: bantam.content/1\nname: test\nfiles: {world: world.yaml}\nnodes:\n" + nodes +
         "output: {prompt: p, completion: '" + completion + "'}\n" + more;
}

// How often each completion comes in `count` samples.
inline std::map<std::string, int> Completions(const ContentGraph& graph, int count, uint64_t seed = 1,
                                              Split split = Split::kTrain) {
  std::map<std::string, int> counts;
  for (int i = 0; i < count; ++i) ++counts[graph.Draw(seed, i, split).completion];
  return counts;
}

}  // namespace bantam::testing
