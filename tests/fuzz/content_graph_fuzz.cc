// Content graphs from strangers are refused by an Error or draw samples, in time and memory that their size bounds. The
// input is the graph; what follows a line "%%" is the text of every file that it names.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/error.h"
#include "task/content_graph.h"

namespace {

constexpr std::string_view kBoundary = "\n%%\n";

class Silence : public bantam::ChatEndpoint {
 public:
  std::string Complete(const bantam::ChatRequest& request) override { return request.messages.back().content; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const size_t boundary = std::min(input.find(kBoundary), input.size());
  const std::string file = input.substr(std::min(boundary + kBoundary.size(), input.size()));
  try {
    const auto graph = bantam::ContentGraph::Parse(
        input.substr(0, boundary), "graph.yaml", [&](const std::filesystem::path&) { return file; },
        std::make_shared<Silence>());
    graph.Describe();
    for (int i = 0; i < 3; ++i) {
      const bantam::Json sample = ToJson(graph.Draw(1, i, bantam::Split::kTrain));
      if (bantam::DumpJson(sample, -1) != bantam::DumpJson(ToJson(graph.Draw(1, i, bantam::Split::kTrain)), -1))
        __builtin_trap();
    }
  } catch (const bantam::Error& error) {
    if (error.code() == bantam::ErrorCode::kInternal) __builtin_trap();
  }
  return 0;
}
