#include "measure/base_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/byte_reader.h"
#include "base/error.h"
#include "base/utf8.h"
#include "measure/log_softmax.h"
#include "measure/sha256.h"

namespace bantam {
namespace {

constexpr std::array<char, 8> kMagic = {'B', 'N', 'T', 'M', 'B', 'A', 'S', 'E'};
constexpr uint32_t kVersion = 1;
constexpr uint64_t kFixedRowBytes = 2 * sizeof(double) + sizeof(float);
constexpr uint64_t kEntryBytes = sizeof(int32_t) + sizeof(float);
// A description is a path and a few words; PATH_MAX is 4096.
constexpr uint32_t kMaxDescriptionBytes = 16384;
// Both sides of the sum of masses come from sums of at most 2^20 doubles: relative error below 2^20 * 2^-53 = 1.2e-10.
constexpr double kMassTolerance = 1e-9;

template <typename T>
void Append(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

uint64_t RowBytesFor(uint64_t top_k) { return kFixedRowBytes + top_k * kEntryBytes; }

struct Header {
  uint32_t version, vocab_size, top_k, description_bytes;
  uint64_t windows, tokens, rows;
  std::array<std::byte, 32> digest;
};

Header ReadHeader(ByteReader& reader) {
  const auto magic = reader.Take(kMagic.size(), "magic");
  if (std::memcmp(magic.data(), kMagic.data(), kMagic.size()) != 0) reader.FailHere("is no file of base results");
  Header header{};
  header.version = reader.Read<uint32_t>("version");
  if (header.version != kVersion) {
    reader.FailHere(fmt::format("has version {}, this program reads version {}", header.version, kVersion));
  }
  header.vocab_size = reader.Read<uint32_t>("vocab_size");
  header.top_k = reader.Read<uint32_t>("top_k");
  header.description_bytes = reader.Read<uint32_t>("description_bytes");
  header.windows = reader.Read<uint64_t>("windows");
  header.tokens = reader.Read<uint64_t>("tokens");
  header.rows = reader.Read<uint64_t>("rows");
  std::memcpy(header.digest.data(), reader.Take(32, "sha256").data(), 32);
  if (header.vocab_size == 0 || header.vocab_size > uint32_t{1} << 30) {
    reader.FailHere(fmt::format("a vocabulary of {} tokens makes no sense", header.vocab_size));
  }
  if (header.top_k == 0 || header.top_k > header.vocab_size) {
    reader.FailHere(fmt::format("top_k is {}, the vocabulary has {}", header.top_k, header.vocab_size));
  }
  if (header.description_bytes > kMaxDescriptionBytes) {
    reader.FailHere(fmt::format("a description of {} bytes makes no sense", header.description_bytes));
  }
  return header;
}

// Number of bytes `count` items take, or a failure when the file cannot hold them; guards every allocation that
// follows.
uint64_t CheckedBytes(const ByteReader& reader, uint64_t count, uint64_t item_bytes, std::string_view what) {
  if (count > reader.remaining() / item_bytes) {
    reader.FailHere(fmt::format("{} {} do not fit into the {} bytes left", count, what, reader.remaining()));
  }
  return count * item_bytes;
}

std::vector<Window> ReadWindows(ByteReader& reader, const Header& header, std::vector<int32_t>* targets) {
  const auto table = reader.Take(CheckedBytes(reader, header.windows, 8, "windows"), "window table");
  const auto tokens = reader.Take(CheckedBytes(reader, header.tokens, 4, "tokens"), "tokens");
  Sha256 hash;
  hash.Update(table);
  hash.Update(tokens);
  if (hash.Finish() != header.digest) reader.FailHere("the tokens do not have the SHA-256 the header states");

  std::vector<Window> windows(header.windows);
  uint64_t taken = 0;
  for (uint64_t w = 0; w < header.windows; ++w) {
    std::array<uint32_t, 2> entry;  // tokens, first
    std::memcpy(entry.data(), table.data() + 8 * w, 8);
    const auto [count, first] = entry;
    if (count < 2 || first > count - 2 || count > header.tokens - taken) {
      reader.FailHere(fmt::format("window {} has {} tokens, the first scored one is {}, {} tokens are left", w, count,
                                  first, header.tokens - taken));
    }
    Window& window = windows[w];
    window.first = first;
    window.tokens.resize(count);
    std::memcpy(window.tokens.data(), tokens.data() + 4 * taken, 4 * uint64_t{count});
    for (const int32_t token : window.tokens) {
      if (token < 0 || token >= static_cast<int64_t>(header.vocab_size)) {
        reader.FailHere(
            fmt::format("token {} in window {} is outside the vocabulary of {}", token, w, header.vocab_size));
      }
    }
    targets->insert(targets->end(), window.tokens.begin() + first + 1, window.tokens.end());
    taken += count;
  }
  if (taken != header.tokens || targets->size() != header.rows) {
    reader.FailHere(fmt::format("the windows have {} tokens and {} scored positions, the header says {} and {}", taken,
                                targets->size(), header.tokens, header.rows));
  }
  return windows;
}

}  // namespace

BaseRow MakeBaseRow(std::span<const float> logits, int32_t target, int64_t top_k) {
  BaseRow row;
  row.log_sum_exp = LogSumExp(logits);
  row.target_logit = logits[target];
  std::vector<int32_t> apart = TopIndices(logits, top_k);
  for (const int32_t id : apart) row.top.push_back({id, logits[id]});
  if (std::find(apart.begin(), apart.end(), target) == apart.end()) apart.push_back(target);
  std::sort(apart.begin(), apart.end());
  row.log_rest = LogMassOfOthers(logits, row.log_sum_exp, apart);
  return row;
}

double LogMassOfOthers(std::span<const float> logits, double log_sum_exp, std::span<const int32_t> skip) {
  // The largest of the others is factored out, so that a tail of e^-800 does not underflow to no tail at all.
  const auto for_others = [&](const auto& body) {
    size_t begin = 0;
    for (const int32_t id : skip) {
      for (size_t i = begin; i < static_cast<size_t>(id); ++i) body(static_cast<double>(logits[i]));
      begin = static_cast<size_t>(id) + 1;
    }
    for (size_t i = begin; i < logits.size(); ++i) body(static_cast<double>(logits[i]));
  };
  double top = -std::numeric_limits<double>::infinity(), sum = 0.0;
  for_others([&](double logit) { top = std::max(top, logit); });
  if (std::isinf(top)) return top;
  for_others([&](double logit) { sum += std::exp(logit - top); });
  return top - log_sum_exp + std::log(sum);
}

BaseFileWriter::BaseFileWriter(const std::filesystem::path& path, int64_t vocab_size, int64_t top_k,
                               const std::string& description, std::span<const Window> windows)
    : file_(path), vocab_size_(vocab_size), top_k_(std::min(top_k, vocab_size)) {
  if (top_k < 1) Fail(ErrorCode::kUsage, "at least one token per position must be kept", "--base-top-k");
  std::string table, tokens;
  for (const Window& window : windows) {
    Append(table, static_cast<uint32_t>(window.tokens.size()));
    Append(table, static_cast<uint32_t>(window.first));
    tokens.append(reinterpret_cast<const char*>(window.tokens.data()), window.tokens.size() * sizeof(int32_t));
    rows_expected_ += window.scored();
  }
  Sha256 hash;
  hash.Update(std::as_bytes(std::span(table)));
  hash.Update(std::as_bytes(std::span(tokens)));
  const std::string told = SanitizeUtf8(description).substr(0, kMaxDescriptionBytes);

  std::string header(kMagic.data(), kMagic.size());
  Append(header, kVersion);
  Append(header, static_cast<uint32_t>(vocab_size_));
  Append(header, static_cast<uint32_t>(top_k_));
  Append(header, static_cast<uint32_t>(told.size()));
  Append(header, static_cast<uint64_t>(windows.size()));
  Append(header, static_cast<uint64_t>(tokens.size() / sizeof(int32_t)));
  Append(header, static_cast<uint64_t>(rows_expected_));
  Append(header, hash.Finish());
  for (const std::string_view part :
       {std::string_view(header), std::string_view(told), std::string_view(table), std::string_view(tokens)}) {
    file_.Write(part);
  }
}

void BaseFileWriter::Add(std::span<const float> logits, int32_t target) {
  if (static_cast<int64_t>(logits.size()) != vocab_size_ || rows_ == rows_expected_) {
    Fail(ErrorCode::kInternal, "a row that does not belong into this base file");
  }
  const BaseRow row = MakeBaseRow(logits, target, top_k_);
  buffer_.clear();
  Append(buffer_, row.log_sum_exp);
  Append(buffer_, row.log_rest);
  Append(buffer_, row.target_logit);
  for (const BaseEntry& entry : row.top) Append(buffer_, entry);
  file_.Write(buffer_);
  ++rows_;
}

void BaseFileWriter::Commit() {
  if (rows_ != rows_expected_) {
    Fail(ErrorCode::kInternal, fmt::format("{} rows of {} were written", rows_, rows_expected_));
  }
  file_.Commit();
}

BaseFile BaseFile::Open(const std::filesystem::path& path) {
  auto file = MappedFile::Open(path);
  const auto bytes = file->bytes();
  return Parse(bytes, std::move(file), path.string());
}

BaseFile BaseFile::Parse(std::span<const std::byte> bytes, std::shared_ptr<const void> owner,
                         const std::string& where) {
  ByteReader reader(bytes, where);
  const Header header = ReadHeader(reader);
  BaseFile file;
  file.owner_ = std::move(owner);
  file.where_ = where;
  file.vocab_size_ = header.vocab_size;
  file.top_k_ = header.top_k;
  file.token_sha256_ = ToHex(header.digest);
  const auto description = reader.Take(header.description_bytes, "description");
  file.description_.assign(reinterpret_cast<const char*>(description.data()), description.size());
  file.windows_ = ReadWindows(reader, header, &file.targets_);
  file.rows_offset_ = reader.offset();
  file.row_bytes_ = reader.Take(CheckedBytes(reader, header.rows, RowBytesFor(header.top_k), "rows"), "rows");
  if (reader.remaining() > 0) reader.FailHere(fmt::format("{} bytes follow the last row", reader.remaining()));
  return file;
}

BaseRow BaseFile::Row(int64_t row) const {
  const uint64_t stride = RowBytesFor(top_k_);
  ByteReader reader(row_bytes_.subspan(row * stride, stride),
                    fmt::format("{}, row {} at byte {}", where_, row, rows_offset_ + row * stride));
  BaseRow result;
  result.log_sum_exp = reader.Read<double>("log_sum_exp");
  result.log_rest = reader.Read<double>("log_rest");
  result.target_logit = reader.Read<float>("target_logit");
  result.top.resize(top_k_);
  std::vector<int32_t> ids;
  const int32_t target = targets_[row];
  if (!std::isfinite(result.log_sum_exp) || std::isnan(result.log_rest) || !std::isfinite(result.target_logit)) {
    reader.FailHere("a number is not finite");
  }
  double mass = std::exp(result.log_rest);
  bool target_in_top = false;
  for (int64_t k = 0; k < top_k_; ++k) {
    BaseEntry& entry = result.top[k];
    entry = reader.Read<BaseEntry>("entry");
    if (entry.id < 0 || entry.id >= vocab_size_) {
      reader.FailHere(fmt::format("token {} is outside the vocabulary of {}", entry.id, vocab_size_));
    }
    if (!std::isfinite(entry.logit) || (k > 0 && !(entry.logit <= result.top[k - 1].logit))) {
      reader.FailHere(fmt::format("logit {} of entry {} is not finite or out of order", entry.logit, k));
    }
    if (entry.id == target) {
      target_in_top = true;
      if (entry.logit != result.target_logit) reader.FailHere("the correct token has two different logits");
    }
    ids.push_back(entry.id);
    mass += std::exp(entry.logit - result.log_sum_exp);
  }
  std::sort(ids.begin(), ids.end());
  if (std::adjacent_find(ids.begin(), ids.end()) != ids.end()) reader.FailHere("a token is there twice");
  if (!target_in_top) {
    if (!(result.target_logit <= result.top.back().logit)) reader.FailHere("the correct token should be in the top");
    mass += std::exp(result.target_logit - result.log_sum_exp);
  }
  if (!(std::abs(mass - 1.0) <= kMassTolerance)) reader.FailHere(fmt::format("the masses add up to {}, not 1", mass));
  return result;
}

}  // namespace bantam
