// Text to token ids and back.
//
// Text need not be valid UTF-8. A byte-level vocabulary sees U+FFFD for every byte that begins no sequence, as llama.cpp
// does; a SentencePiece one encodes such bytes by its byte tokens, without loss (lenient_utf8.h).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/vocabulary.h"

namespace bantam {

struct EncodeOptions {
  bool add_special = true;     // BOS/EOS as the vocabulary says
  bool parse_special = false;  // control tokens written out in the text ("<|eot_id|>") become their ids
};

class Tokenizer {
 public:
  // kFormat when the vocabulary is broken (Vocabulary::Check), kUnsupported or kFormat for a bad regex.
  explicit Tokenizer(Vocabulary vocabulary);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // May be called by several threads at once. kUsage for a text of 2 GiB or more; kUnsupported when a regex of the
  // tokenizer runs away on this text.
  std::vector<int32_t> Encode(std::string_view text, const EncodeOptions& options = {}) const;
  // Valid UTF-8: bytes that form no character become U+FFFD. skip_special leaves control tokens out. kUsage for an id
  // outside the vocabulary.
  std::string Decode(std::span<const int32_t> ids, bool skip_special = true) const;
  // Bytes of one token as they appear in running text (may be part of a UTF-8 character).
  std::string TokenBytes(int32_t id, bool skip_special = true) const;

  bool IsEndOfGeneration(int32_t id) const;
  const Vocabulary& vocabulary() const;
  int32_t size() const;

 private:
  friend class StreamDecoder;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct StreamOptions {
  bool skip_special = true;
  // The tokens continue a text that was shown already, so the first one keeps the space that the decoder removes from
  // the front of a text.
  bool continues = false;
  std::optional<bool> clean_up_spaces = {};  // the vocabulary's when not set
};

// Decodes a stream of tokens and never emits half a UTF-8 character. What Push returned, joined, plus Finish is what
// Decode gives for all ids at once.
class StreamDecoder {
 public:
  explicit StreamDecoder(const Tokenizer& tokenizer, const StreamOptions& options = {});
  std::string Push(int32_t id);  // text that is certain after this token
  std::string Finish();          // what was held back, made valid; the decoder is then as new

 private:
  friend class Tokenizer;
  std::string_view Take(int32_t id);              // bytes that the token adds to the text
  std::string PushBytes(std::string_view bytes);  // text that is certain after these bytes
  void Reset();

  const Tokenizer* tokenizer_;
  StreamOptions options_;
  bool first_ = true;              // no id yet
  int strip_left_ = 0;             // how many strip characters may still be removed from the front
  std::string incomplete_;         // bytes of a character that is not whole
  std::vector<std::string> held_;  // per clean-up rule: a beginning of its pattern
};

}  // namespace bantam
