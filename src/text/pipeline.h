// The steps of a tokenizer around its merges, as data. The names and meanings are those of tokenizer.json (Hugging Face
// tokenizers); GGUF files name the same steps by one word (gguf_pretokenizers.h).
//
//   text -> normalizer -> pre-tokenizer -> merges -> ids        ids -> token texts -> decoder -> text
#pragma once

#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace bantam {

struct TextPattern {
  std::string text;
  bool is_regex = false;  // Oniguruma syntax (regex.h); else a literal

  bool operator==(const TextPattern&) const = default;
};

// ---- Normalizer: rewrites a section of text.

enum class UnicodeForm { kNfc, kNfd, kNfkc, kNfkd };
struct NormalizeUnicode {
  UnicodeForm form = UnicodeForm::kNfc;
};
struct PrependText {
  std::string text;
};
struct ReplaceText {
  TextPattern pattern;
  std::string content;
};
using NormalizerStep = std::variant<NormalizeUnicode, PrependText, ReplaceText>;

// ---- Pre-tokenizer: cuts a section into words; merges never cross a word's border.

enum class SplitBehavior { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };
struct SplitText {
  TextPattern pattern;
  SplitBehavior behavior = SplitBehavior::kIsolated;
  bool invert = false;  // what the pattern does not match counts as the match

  bool operator==(const SplitText&) const = default;
};
// ByteLevel's add_prefix_space: a word that does not begin with a space gets one.
struct PrefixSpace {};
struct Metaspace {
  enum class Prepend { kAlways, kFirst, kNever };
  std::string replacement = "\u2581";
  Prepend prepend = Prepend::kAlways;
  bool split = true;
};
using PreTokenizerStep = std::variant<SplitText, PrefixSpace, Metaspace>;

// ---- Decoder: token texts to running text.

struct DecoderSteps {
  enum class Strip {
    kNothing,
    kEachToken,   // from the front of every token
    kFirstToken,  // from the front of the first token
    kWholeText,   // from the front of the joined text
  };

  bool byte_level = false;                                   // printable characters stand for bytes (byte_level.h)
  bool byte_fallback = false;                                // "<0xE2>" is a byte
  std::vector<std::pair<std::string, std::string>> replace;  // in every token's text, in this order
  Strip strip = Strip::kNothing;
  char strip_character = ' ';  // removed up to strip_count times
  int strip_count = 0;
};

}  // namespace bantam
