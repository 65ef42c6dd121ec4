#include "runtime/session.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.h"
#include "runtime/forward.h"
#include "runtime/weights.h"

namespace bantam {
namespace {

constexpr int64_t kDefaultContext = 4096;
// Rows whose logits ForwardAll computes at once: enough to reuse a weight while it is in the cache, few enough that they
// stay small beside the weights.
constexpr int64_t kLogitRows = 16;

int64_t CheckedContext(const Architecture& a, const SessionOptions& options) {
  if (options.context == 0) return std::min(a.context_length, kDefaultContext);
  if (options.context < 0 || options.context > a.context_length) {
    Fail(ErrorCode::kUsage, "a context of " + std::to_string(options.context) + " tokens is not possible", "context",
         "the model was made for 1 to " + std::to_string(a.context_length));
  }
  return options.context;
}

class ForwardSession : public Session {
 public:
  ForwardSession(std::shared_ptr<const Weights> weights, std::shared_ptr<ThreadPool> pool, const ForwardSizes& sizes)
      : weights_(std::move(weights)), pool_(std::move(pool)), sizes_(sizes), forward_(*weights_, sizes, *pool_) {}

  int64_t position() const override { return position_; }
  int64_t context() const override { return sizes_.context; }
  uint64_t memory_bytes() const override { return forward_.memory_bytes(); }

  std::span<const float> Forward(std::span<const int32_t> tokens, const std::function<bool()>& cancelled) override {
    Check(tokens);
    std::span<const int32_t> chunk;
    for (; !tokens.empty(); tokens = tokens.subspan(chunk.size())) {
      if (cancelled && cancelled()) Fail(ErrorCode::kCancelled, "stopped at position " + std::to_string(position_));
      chunk = RunChunk(tokens);
    }
    return Row(forward_.Logits(static_cast<int64_t>(chunk.size()) - 1, 1), position_ - 1);
  }

  void ForwardAll(std::span<const int32_t> tokens,
                  const std::function<void(int64_t, std::span<const float>)>& row) override {
    Check(tokens);
    std::span<const int32_t> chunk;
    for (; !tokens.empty(); tokens = tokens.subspan(chunk.size())) {
      const int64_t first = position_;
      chunk = RunChunk(tokens);
      const auto rows = static_cast<int64_t>(chunk.size());
      for (int64_t begin = 0; begin < rows; begin += sizes_.logit_rows) {
        const int64_t count = std::min(sizes_.logit_rows, rows - begin);
        const float* logits = forward_.Logits(begin, count);
        for (int64_t i = 0; i < count; ++i) {
          const int64_t position = first + begin + i;
          row(position, Row(logits + i * weights_->architecture().vocab_size, position));
        }
      }
    }
  }

  void Truncate(int64_t position) override {
    if (position < 0 || position > position_) {
      Fail(ErrorCode::kUsage, "position " + std::to_string(position) + " is not in the session", "session",
           "it holds " + std::to_string(position_) + " tokens");
    }
    position_ = position;
  }

 private:
  void Check(std::span<const int32_t> tokens) const {
    if (tokens.empty()) Fail(ErrorCode::kUsage, "no tokens to process", "session");
    const int64_t vocabulary = weights_->architecture().vocab_size, room = sizes_.context - position_;
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i] >= 0 && tokens[i] < vocabulary) continue;
      Fail(ErrorCode::kUsage, "token " + std::to_string(i) + " has the id " + std::to_string(tokens[i]), "session",
           "the model's ids are 0 to " + std::to_string(vocabulary - 1));
    }
    if (static_cast<int64_t>(tokens.size()) > room) {
      Fail(ErrorCode::kUsage,
           std::to_string(tokens.size()) + " tokens do not fit: the context of " + std::to_string(sizes_.context) +
               " holds " + std::to_string(position_),
           "session", std::to_string(room) + " more fit; take a larger context or a shorter text");
    }
  }

  std::span<const int32_t> RunChunk(std::span<const int32_t> tokens) {
    const auto chunk = tokens.first(std::min(tokens.size(), static_cast<size_t>(sizes_.chunk)));
    forward_.Run(chunk, position_);
    position_ += static_cast<int64_t>(chunk.size());
    return chunk;
  }

  std::span<const float> Row(const float* logits, int64_t position) const {
    const std::span row(logits, static_cast<size_t>(weights_->architecture().vocab_size));
    if (!std::all_of(row.begin(), row.end(), [](float logit) { return std::isfinite(logit); })) {
      Fail(ErrorCode::kNumeric, "the logits at position " + std::to_string(position) + " are not finite", "session",
           "a weight is NaN or infinite, or an activation left the range of the weights' type");
    }
    return row;
  }

  std::shared_ptr<const Weights> weights_;
  std::shared_ptr<ThreadPool> pool_;
  ForwardSizes sizes_;
  int64_t position_ = 0;
  bantam::Forward forward_;
};

}  // namespace

std::unique_ptr<Session> Session::Create(std::shared_ptr<const RuntimeModel> model, const SessionOptions& options) {
  auto weights = std::dynamic_pointer_cast<const Weights>(std::move(model));
  if (weights == nullptr) Fail(ErrorCode::kInternal, "a session needs a model from RuntimeModel::Load");
  if (options.kv != DType::kF16 && options.kv != DType::kF32) {
    Fail(ErrorCode::kUsage, "a KV cache of type " + std::string(Name(options.kv)), "session",
         "F16 and F32 are possible");
  }
  if (options.prefill_chunk < 1) {
    Fail(ErrorCode::kUsage, "a prefill chunk of " + std::to_string(options.prefill_chunk) + " tokens", "session",
         "it needs at least 1");
  }
  ForwardSizes sizes;
  sizes.context = CheckedContext(weights->architecture(), options);
  sizes.chunk = std::min(options.prefill_chunk, sizes.context);
  sizes.logit_rows = std::min(kLogitRows, sizes.chunk);
  sizes.kv = options.kv;
  auto pool = options.pool != nullptr ? options.pool : std::make_shared<ThreadPool>();
  return std::make_unique<ForwardSession>(std::move(weights), std::move(pool), sizes);
}

}  // namespace bantam
