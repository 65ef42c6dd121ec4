// The data sets of a recipe, read, encoded and cut.
#pragma once

#include <vector>

#include "text/tokenizer.h"
#include "train/chat_documents.h"
#include "train/recipe.h"
#include "train/segments.h"

namespace bantam {

// kFormat naming file and line for a line of a .jsonl that is no conversation; kUsage for a set without documents.
SegmentSet LoadDataSet(const DataSource& source, const Tokenizer& tokenizer, int64_t sequence_length,
                       double prompt_loss_weight);
std::vector<SegmentSet> LoadDataSets(const std::vector<DataSource>& sources, const Tokenizer& tokenizer,
                                     int64_t sequence_length, double prompt_loss_weight);

// Lines of a .jsonl file that are not empty.
struct JsonLine {
  std::string_view text;
  int64_t number = 0;  // from 1
};
std::vector<JsonLine> SplitJsonLines(std::string_view text);

}  // namespace bantam
