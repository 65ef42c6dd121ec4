#include <algorithm>

#include "base/error.h"
#include "base/utf8.h"
#include "text/clean_up.h"
#include "text/tokenizer.h"
#include "text/tokenizer_impl.h"

namespace bantam {

StreamDecoder::StreamDecoder(const Tokenizer& tokenizer, const StreamOptions& options)
    : tokenizer_(&tokenizer), options_(options) {
  Reset();
}

void StreamDecoder::Reset() {
  const Vocabulary& vocabulary = tokenizer_->vocabulary();
  using Strip = DecoderSteps::Strip;
  const Strip strip = vocabulary.decoder.strip;
  first_ = true;
  strip_left_ = 0;
  if (!options_.continues && (strip == Strip::kFirstToken || strip == Strip::kWholeText))
    strip_left_ = vocabulary.decoder.strip_count;
  incomplete_.clear();
  held_.clear();
  if (options_.clean_up_spaces.value_or(vocabulary.clean_up_spaces))
    held_.resize(CleanUpRules(vocabulary.rules).size());
}

std::string StreamDecoder::Push(int32_t id) { return PushBytes(Take(id)); }

std::string_view StreamDecoder::Take(int32_t id) {
  const Vocabulary& vocabulary = tokenizer_->vocabulary();
  const TokenPieces& pieces = tokenizer_->impl_->pieces;
  tokenizer_->impl_->CheckId(id);
  const bool skipped = options_.skip_special && pieces.IsSpecial(id);
  std::string_view bytes = skipped ? std::string_view() : pieces.At(id);

  const bool whole_text = vocabulary.decoder.strip == DecoderSteps::Strip::kWholeText;
  // A skipped token is not there for Hugging Face; for llama.cpp it is the first token all the same.
  if (skipped && vocabulary.rules == TokenizerRules::kHuggingFace) return {};
  if (whole_text || first_) {
    while (strip_left_ > 0 && bytes.starts_with(vocabulary.decoder.strip_character)) {
      bytes.remove_prefix(1);
      --strip_left_;
    }
    if (!bytes.empty()) strip_left_ = 0;
  }
  first_ = false;
  return bytes;
}

std::string StreamDecoder::PushBytes(std::string_view bytes) {
  incomplete_ += bytes;
  const auto cut = static_cast<size_t>(IncompleteUtf8Suffix(incomplete_));
  std::string text = SanitizeUtf8(std::string_view(incomplete_).substr(0, incomplete_.size() - cut));
  incomplete_.erase(0, incomplete_.size() - cut);
  const auto rules = CleanUpRules(tokenizer_->vocabulary().rules);
  for (size_t i = 0; i < held_.size(); ++i) text = ApplyCleanUpRule(rules[i], text, /*last=*/false, held_[i]);
  return text;
}

std::string StreamDecoder::Finish() {
  std::string text = SanitizeUtf8(incomplete_);
  const auto rules = CleanUpRules(tokenizer_->vocabulary().rules);
  for (size_t i = 0; i < held_.size(); ++i) text = ApplyCleanUpRule(rules[i], text, /*last=*/true, held_[i]);
  Reset();
  return text;
}

}  // namespace bantam
