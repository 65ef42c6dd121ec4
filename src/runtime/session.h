// What ships: a loaded model and sessions over it. Packed weights straight from the file, a KV cache, prefill and decode.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/thread_pool.h"
#include "model/model.h"

namespace bantam {

// Weights ready to run; immutable, shared by any number of sessions.
class RuntimeModel {
 public:
  // For the instruction set of ChooseIsa() (isa.h). kUnsupported naming a tensor whose type cannot be decoded, kNumeric
  // one of floats that holds NaN or infinity. Mapped files stay mapped as long as the weights live; `model` may go.
  static std::shared_ptr<const RuntimeModel> Load(const Model& model);
  virtual ~RuntimeModel() = default;
  virtual const Architecture& architecture() const = 0;
  virtual uint64_t weight_bytes() const = 0;     // of the tensors as they are held
  virtual uint64_t bytes_per_token() const = 0;  // weight bytes one decoded token reads
};

struct SessionOptions {
  int64_t context = 0;                         // tokens; 0: the model's context length, at most 4096
  DType kv = DType::kF16;                      // kF32 or kF16
  int64_t prefill_chunk = 256;                 // tokens per forward pass; changes speed and memory, never a result
  std::shared_ptr<ThreadPool> pool = nullptr;  // null: a pool of its own with the default number of threads
};

// One sequence. Results are the same bits for any number of threads and any cutting of the input into calls.
class Session {
 public:
  // Takes all its memory at once. kUsage for options that are impossible, kMemory when it does not fit the machine.
  static std::unique_ptr<Session> Create(std::shared_ptr<const RuntimeModel> model, const SessionOptions& options = {});
  virtual ~Session() = default;

  virtual int64_t position() const = 0;  // tokens in the cache
  virtual int64_t context() const = 0;
  virtual uint64_t memory_bytes() const = 0;  // cache and buffers

  // Appends tokens and returns the logits after the last one: [vocab], finite, valid until the next call. kUsage, with
  // nothing changed, for no tokens, for an id outside the vocabulary and when the context would overflow (a session never
  // drops tokens by itself). kCancelled when `cancelled` said so between chunks and kNumeric when a logit would be NaN or
  // infinite; then the tokens already processed stay.
  virtual std::span<const float> Forward(std::span<const int32_t> tokens,
                                         const std::function<bool()>& cancelled = {}) = 0;
  // The same, calling `row` with the logits at every position, in order.
  virtual void ForwardAll(std::span<const int32_t> tokens,
                          const std::function<void(int64_t position, std::span<const float> logits)>& row) = 0;
  virtual void Truncate(int64_t position) = 0;  // forgets the tokens from `position` on; kUsage beyond position()
};

}  // namespace bantam
