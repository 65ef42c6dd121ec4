// Tokens that have a meaning by their text alone, since files often fail to say it: what ends an answer, what fills in the
// middle. The lists are llama.cpp's.
#pragma once

#include "formats/gguf.h"
#include "text/vocabulary.h"

namespace bantam {

// For GGUF: sets eot, eom and end_of_generation, and makes tokens with such texts control tokens, as llama.cpp does when it
// loads a file, whatever type the file gives them. Call after bos, eos, eot and eom have been read.
void ApplyKnownTokens(const GgufMetadata& metadata, Vocabulary& vocabulary);

// For tokenizer.json: adds eot and eom to end_of_generation when they are special tokens, and sorts it. Ordinary tokens are
// left alone: Gemma's "</s>" is HTML.
void FindEndTokens(Vocabulary& vocabulary);

}  // namespace bantam
