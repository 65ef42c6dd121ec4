// The results of a base model on a text, kept small: per position the k most probable tokens, the correct token, and
// the mass of all others as one number. A 128k vocabulary over WikiText-2 takes 37 GiB as full log-probabilities and
// about 40 MB here.
//
// What the reduction costs. Merging outcomes can only lower a KL divergence (the log-sum inequality): for a set R,
//   p_R ln(p_R / q_R) <= sum over i in R of p_i ln(p_i / q_i),  p_R = sum p_i, q_R = sum q_i,
// so the KLD computed from this file is a guaranteed lower bound of the true one. Logits are stored as the floats they
// are, sums as doubles, so the bound holds to double rounding. NLL, delta p and the top token are exact.
//
// Layout, little-endian, no padding:
//   char magic[8] = "BNTMBASE" | u32 version = 1 | u32 vocab_size | u32 top_k | u32 description_bytes | u64 windows |
//   u64 tokens, of all windows | u64 rows, one per scored position | u8 sha256[32], of the two tables below as stored |
//   description, UTF-8 (model path and engine)
//   windows x { u32 tokens | u32 first scored position }
//   tokens x i32, window after window
//   rows x { f64 log_sum_exp | f64 log_rest | f32 logit of the correct token | top_k x { i32 id | f32 logit } }
// log_rest is ln of the mass of every token that is neither in the top nor correct, -infinity when there is none.
// Entries are sorted by falling logit, equals by rising id.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "measure/windows.h"

namespace bantam {

struct BaseEntry {
  int32_t id;
  float logit;
};

struct BaseRow {
  double log_sum_exp = 0.0;
  double log_rest = 0.0;
  float target_logit = 0.0f;
  std::vector<BaseEntry> top;
};

// The row of one position; k at most the vocabulary. kNumeric when a logit is not finite.
BaseRow MakeBaseRow(std::span<const float> logits, int32_t target, int64_t top_k);

// ln of the sum of exp(logit - log_sum_exp) over all tokens but `skip`, which ascends; summed directly, so that a tail
// far below 1 keeps all its digits. -infinity when nothing is left.
double LogMassOfOthers(std::span<const float> logits, double log_sum_exp, std::span<const int32_t> skip);

// Writes row by row; the file appears at Commit().
class BaseFileWriter {
 public:
  BaseFileWriter(const std::filesystem::path& path, int64_t vocab_size, int64_t top_k, const std::string& description,
                 std::span<const Window> windows);

  // The next scored position; rows come in the order of the windows.
  void Add(std::span<const float> logits, int32_t target);
  void Commit();  // kInternal when rows are missing

 private:
  AtomicFile file_;
  int64_t vocab_size_, top_k_, rows_expected_ = 0, rows_ = 0;
  std::string buffer_;
};

class BaseFile {
 public:
  static BaseFile Open(const std::filesystem::path& path);
  // The same from bytes; `owner` keeps them alive. kFormat with the byte offset for anything that breaks the layout.
  static BaseFile Parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner, const std::string& where);

  int64_t vocab_size() const { return vocab_size_; }
  int64_t top_k() const { return top_k_; }
  const std::string& description() const { return description_; }
  const std::vector<Window>& windows() const { return windows_; }
  int64_t rows() const { return static_cast<int64_t>(targets_.size()); }
  std::string token_sha256() const { return token_sha256_; }  // hexadecimal

  // Reads and checks one row: ids distinct and in the vocabulary, numbers finite, masses adding up to 1 within 1e-9.
  BaseRow Row(int64_t row) const;

 private:
  std::shared_ptr<const void> owner_;
  std::span<const std::byte> row_bytes_;
  uint64_t rows_offset_ = 0;
  std::string where_, description_, token_sha256_;
  int64_t vocab_size_ = 0, top_k_ = 0;
  std::vector<Window> windows_;
  std::vector<int32_t> targets_;  // correct token of every row
};

}  // namespace bantam
