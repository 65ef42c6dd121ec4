// Preference pairs: for one prompt an answer that is wanted and one that is not.
#pragma once

#include <filesystem>
#include <vector>

#include "text/tokenizer.h"
#include "train/recipe.h"
#include "train/segments.h"

namespace bantam {

// Reads {"prompt": [messages], "chosen": "...", "rejected": "..."} lines; other keys are passed over. Segment 2 i is the prompt
// of pair i with the chosen answer, 2 i + 1 with the rejected one; only the answers have weight. kFormat naming file and line
// for a line that is no pair; kUsage for a pair that does not fit the recipe's sequence_length or micro_batch_tokens.
SegmentSet LoadPreferencePairs(const Recipe& recipe, const Tokenizer& tokenizer);

}  // namespace bantam
