// Reads the normalizer, pre_tokenizer, decoder and post_processor of a tokenizer.json into the steps of pipeline.h.
//
// Known, as far as public BPE models use them:
//   normalizers      Sequence, NFC, NFD, NFKC, NFKD, Prepend, Replace
//   pre-tokenizers   Sequence, Split, ByteLevel, Digits, Punctuation, Metaspace
//   decoders         Sequence, ByteLevel, Replace (of a string), ByteFallback, Fuse, Strip (of the front), Metaspace
//   post-processors  Sequence, ByteLevel, TemplateProcessing
// Anything else is kUnsupported, naming it.
#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "text/pipeline.h"

namespace bantam {

// GPT-2's pattern, which ByteLevel applies by itself.
inline constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// `config`: the part of the file, null for none. `where` names file and part.
std::vector<NormalizerStep> ParseNormalizer(const Json& config, const std::string& where);

struct HfPreTokenizer {
  std::vector<PreTokenizerStep> steps;
  bool byte_level = false;
};
HfPreTokenizer ParsePreTokenizer(const Json& config, const std::string& where);

DecoderSteps ParseDecoder(const Json& config, const std::string& where);

// What TemplateProcessing puts before and after a single text, as token texts.
struct HfTemplate {
  std::vector<std::string> before, after;
};
HfTemplate ParsePostProcessor(const Json& config, const std::string& where);

}  // namespace bantam
