#include "text/tokenizer.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "text/lenient_utf8.h"
#include "text/tokenizer_impl.h"

namespace bantam {
namespace {

Vocabulary Checked(Vocabulary vocabulary) {
  vocabulary.Check();
  return vocabulary;
}

std::vector<AddedToken> AddedBefore(const Vocabulary& vocabulary) {
  std::vector<AddedToken> tokens;
  for (const AddedToken& token : vocabulary.added) {
    if (!token.normalized || vocabulary.normalizer.empty()) tokens.push_back(token);
  }
  return tokens;
}

std::vector<AddedToken> AddedAfter(const Vocabulary& vocabulary, const Normalizer& normalizer) {
  std::vector<AddedToken> tokens;
  for (const AddedToken& token : vocabulary.added) {
    if (!token.normalized || vocabulary.normalizer.empty()) continue;
    tokens.push_back(token);
    std::string storage;
    RegexBudget budget(token.text.size());
    tokens.back().text = std::string(normalizer.Apply(token.text, budget, storage));
  }
  return tokens;
}

}  // namespace

Tokenizer::Impl::Impl(Vocabulary v)
    : vocabulary(Checked(std::move(v))),
      pieces(vocabulary),
      added(AddedBefore(vocabulary), vocabulary.rules),
      normalizer(vocabulary.normalizer, vocabulary.source),
      normalized_added(AddedAfter(vocabulary, normalizer), vocabulary.rules),
      pre_tokenizer(vocabulary.pre_tokenizer,
                    vocabulary.rules == TokenizerRules::kLlamaCpp ? UnicodeVersion::k15_1 : UnicodeVersion::k17,
                    vocabulary.source) {
  if (vocabulary.kind == TokenizerKind::kByteLevelBpe) {
    byte_level.emplace(vocabulary);
  } else {
    sentence_piece.emplace(vocabulary);
  }
}

struct Tokenizer::Impl::Job {
  Job(bool parse, size_t text_bytes) : parse_special(parse), budget(text_bytes) {}

  bool parse_special;
  RegexBudget budget;
  bool front = true;        // nothing of the text has been encoded yet
  bool after_token = true;  // so llama.cpp prefixes a space
  Words words;
  MergeScratch scratch;
  WordMemo memo;
  std::vector<int32_t> ids;
};

void Tokenizer::Impl::CheckId(int32_t id) const {
  if (id < 0 || id >= pieces.size())
    Fail(ErrorCode::kUsage, fmt::format("token {} is not in the vocabulary of {} tokens", id, pieces.size()),
         vocabulary.source);
}

// Text that has been normalized, into words and ids.
void Tokenizer::Impl::EncodeWords(std::string_view text, Job& job) const {
  pre_tokenizer.Apply(text, job.front, job.budget, job.words);
  for (size_t i = 0; i < job.words.spans.size(); ++i) {
    if (byte_level) {
      byte_level->Encode(job.words.At(i), job.scratch, job.memo, job.ids);
    } else {
      sentence_piece->Encode(job.words.At(i), job.scratch, job.memo, job.ids);
    }
  }
}

void Tokenizer::Impl::EncodeLlamaCpp(std::string_view text, Job& job) const {
  std::string storage;
  if (byte_level) return EncodeWords(RepairUtf8(text, Surrogates::kKeep, storage), job);
  const bool prefix = vocabulary.add_space_prefix && job.after_token;
  const std::string spaced = (prefix ? "\u2581" : "") + ReplaceAll(text, " ", "\u2581");
  EncodeWords(spaced, job);
}

void Tokenizer::Impl::EncodeSection(std::string_view text, Job& job) const {
  if (vocabulary.rules == TokenizerRules::kLlamaCpp) return EncodeLlamaCpp(text, job);
  std::string repaired, normalized;
  if (byte_level || normalizer.needs_valid_utf8() || pre_tokenizer.has_regex())
    text = RepairUtf8(text, Surrogates::kReplace, repaired);
  text = normalizer.Apply(text, job.budget, normalized);
  for (const Section& section : normalized_added.Split(text, job.parse_special)) {
    if (section.token >= 0) {
      job.ids.push_back(section.token);
    } else {
      EncodeWords(section.text, job);
    }
  }
}

Tokenizer::Tokenizer(Vocabulary vocabulary) : impl_(std::make_unique<Impl>(std::move(vocabulary))) {}
Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

std::vector<int32_t> Tokenizer::Encode(std::string_view text, const EncodeOptions& options) const {
  if (text.size() >= static_cast<size_t>(std::numeric_limits<int32_t>::max()) / 4)
    Fail(ErrorCode::kUsage, fmt::format("a text of {} bytes is too long to tokenize at once", text.size()), {},
         "cut it into parts of at most 512 MB");
  const Vocabulary& vocabulary = impl_->vocabulary;
  Impl::Job job(options.parse_special, text.size());
  if (options.add_special) job.ids = vocabulary.template_before;
  for (const Section& section : impl_->added.Split(text, options.parse_special)) {
    if (section.token >= 0) {
      job.ids.push_back(section.token);
    } else {
      impl_->EncodeSection(section.text, job);
    }
    job.after_token = section.token >= 0;
    job.front = false;
  }
  if (options.add_special)
    job.ids.insert(job.ids.end(), vocabulary.template_after.begin(), vocabulary.template_after.end());
  return std::move(job.ids);
}

std::string Tokenizer::Decode(std::span<const int32_t> ids, bool skip_special) const {
  StreamDecoder decoder(*this, {.skip_special = skip_special});
  std::string bytes;
  for (const int32_t id : ids) bytes += decoder.Take(id);
  std::string text = decoder.PushBytes(bytes);  // not in one expression with Finish(): operands have no order
  text += decoder.Finish();
  return text;
}

std::string Tokenizer::TokenBytes(int32_t id, bool skip_special) const {
  impl_->CheckId(id);
  if (skip_special && impl_->pieces.IsSpecial(id)) return {};
  return std::string(impl_->pieces.At(id));
}

bool Tokenizer::IsEndOfGeneration(int32_t id) const {
  const auto& ends = impl_->vocabulary.end_of_generation;
  return std::binary_search(ends.begin(), ends.end(), id);
}

const Vocabulary& Tokenizer::vocabulary() const { return impl_->vocabulary; }
int32_t Tokenizer::size() const { return impl_->pieces.size(); }

}  // namespace bantam
