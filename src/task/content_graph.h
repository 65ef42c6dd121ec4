// Synthetic training pairs drawn through a graph of choices and texts (docs/content.md describes the file).
//
// The idea is that of DefameLM (Munk, Valdivia, Burelli, arXiv:2601.23206): choice nodes bind the data to the world of a
// game, text nodes write over what their parents chose, and strata see to it that every combination that matters is covered.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "net/chat_endpoint.h"
#include "task/sample.h"
#include "task/split.h"

namespace bantam {

struct Graph;

class ContentGraph {
 public:
  // Reads and checks the whole file: what can be wrong before a sample is drawn is an error now.
  // `endpoint` is who endpoint nodes ask; without one, drawing them is an error.
  static ContentGraph Open(const std::filesystem::path& path, std::shared_ptr<ChatEndpoint> endpoint = nullptr);

  // The same from a text; `file` names it in errors and is what paths of other files are relative to.
  static ContentGraph Parse(const std::string& text, const std::string& file,
                            const std::function<std::string(const std::filesystem::path&)>& read,
                            std::shared_ptr<ChatEndpoint> endpoint = nullptr);

  // The same sample for the same file, seed, index and split, whatever else was drawn. May be called from several threads.
  // kUsage when the file gives that split no share; kFormat when this draw finds the file at fault.
  Sample Draw(uint64_t seed, int64_t index, Split split) const;

  const std::string& name() const;
  const SplitShares& shares() const;
  int64_t cells(Split split) const;  // 0: nothing is stratified

  // Nodes in the order of drawing with their parents, the sizes of their lists and partitions; the cells and shares.
  Json Describe() const;

 private:
  explicit ContentGraph(std::shared_ptr<const Graph> graph) : graph_(std::move(graph)) {}
  std::shared_ptr<const Graph> graph_;
};

}  // namespace bantam
