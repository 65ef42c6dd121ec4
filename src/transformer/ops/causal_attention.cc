#include "transformer/ops/causal_attention.h"

#include <algorithm>
#include <span>

#include "math/buffer.h"
#include "math/row_loops.h"
#include "transformer/ops/soft_cap.h"

namespace bantam {
namespace {

int64_t RoundUp(int64_t count) { return (count + kAttentionBlock - 1) / kAttentionBlock * kAttentionBlock; }

// Queries [begin, end) and the keys any of them sees, [first, first + keys): both counts as products take them.
struct Block {
  int64_t begin, end, first, keys;

  Block(const AttentionParameters& parameters, int64_t tokens, int64_t query)
      : begin(query),
        end(std::min(query + kAttentionBlock, tokens)),
        first(FirstVisible(parameters, begin) / kAttentionBlock * kAttentionBlock),
        keys(RoundUp(end) - first) {}
};

// Calls body(row of the block, first key seen, number of keys seen), keys counted from block.first.
template <typename Body>
void ForQueries(const AttentionParameters& parameters, const Block& block, const Body& body) {
  for (int64_t i = block.begin; i < block.end; ++i) {
    const int64_t seen = FirstVisible(parameters, i);
    body(i - block.begin, seen - block.first, i + 1 - seen);
  }
}

// What a block needs, kept by every thread from one head to the next.
template <typename T, typename E>
struct Scratch {
  Buffer<T> scores, probabilities, dprobabilities;  // [kAttentionBlock, keys]
  Buffer<E> products;                               // the probabilities, then the gradients of the scores
  Buffer<T> rows;                                   // [kAttentionBlock, head_dim]

  static Scratch& OfThread(int64_t tokens, int64_t head_dim) {
    thread_local Scratch scratch;
    const int64_t most = kAttentionBlock * RoundUp(tokens);
    for (Buffer<T>* buffer : {&scratch.scores, &scratch.probabilities, &scratch.dprobabilities}) buffer->Resize(most);
    scratch.products.Resize(most);
    scratch.rows.Resize(kAttentionBlock * head_dim);
    return scratch;
  }
};

// scores [kAttentionBlock, keys] = soft_cap(q k^T)
template <typename T, typename E>
void Scores(const AttentionParameters& parameters, const Block& block, int64_t head_dim, Strided<const E> q,
            Strided<const E> k, T* scores) {
  Multiply(Transpose::kRight, kAttentionBlock, block.keys, head_dim, Strided<const E>{q.Row(block.begin), q.stride},
           Strided<const E>{k.Row(block.first), k.stride}, false, Strided<T>{scores, block.keys});
  ForQueries(parameters, block, [&](int64_t row, int64_t first, int64_t count) {
    SoftCapForward<T>(parameters.soft_cap, std::span(scores + row * block.keys + first, count));
  });
}

// p *= 1 - (x / cap)^2, the derivative of cap tanh(s / cap) where its value is x.
template <typename T>
void ScaleByCapDerivative(double cap, const T* x, int64_t count, T* p) {
  const T inverse = static_cast<T>(1.0 / cap);
  for (int64_t i = 0; i < count; ++i) p[i] *= T{1} - x[i] * inverse * (x[i] * inverse);
}

}  // namespace

template <typename T, typename E>
void CausalAttentionForward(const AttentionParameters& parameters, int64_t tokens, int64_t head_dim, Strided<const E> q,
                            Strided<const E> k, Strided<const E> v, Strided<E> out, T* log_sums) {
  Scratch<T, E>& scratch = Scratch<T, E>::OfThread(tokens, head_dim);
  for (int64_t query = 0; query < tokens; query += kAttentionBlock) {
    const Block block(parameters, tokens, query);
    Scores(parameters, block, head_dim, q, k, scratch.scores.data());
    std::fill_n(scratch.products.data(), kAttentionBlock * block.keys, E{});
    ForQueries(parameters, block, [&](int64_t row, int64_t first, int64_t count) {
      const int64_t at = row * block.keys + first;
      log_sums[block.begin + row] = SoftmaxRow(scratch.scores.data() + at, count, scratch.products.data() + at);
    });
    Multiply(Transpose::kNone, kAttentionBlock, head_dim, block.keys,
             Strided<const E>{scratch.products.data(), block.keys}, Strided<const E>{v.Row(block.first), v.stride},
             false, Strided<T>{scratch.rows.data(), head_dim});
    for (int64_t i = block.begin; i < block.end; ++i) {
      ConvertRow(scratch.rows.data() + (i - block.begin) * head_dim, head_dim, out.Row(i));
    }
  }
}

template <typename T, typename E>
void CausalAttentionBackward(const AttentionParameters& parameters, int64_t tokens, int64_t head_dim,
                             Strided<const E> q, Strided<const E> k, Strided<const E> v, Strided<const E> dout,
                             const T* log_sums, Strided<T> dq, T* dk, T* dv) {
  auto& [scores, probabilities, dprobabilities, products, rows] = Scratch<T, E>::OfThread(tokens, head_dim);
  for (int64_t query = 0; query < tokens; query += kAttentionBlock) {
    const Block block(parameters, tokens, query);
    const Strided<const E> block_products{products.data(), block.keys};
    const Strided<const E> keys{k.Row(block.first), k.stride}, queries{q.Row(block.begin), q.stride};
    const Strided<const E> values{v.Row(block.first), v.stride}, douts{dout.Row(block.begin), dout.stride};
    Scores(parameters, block, head_dim, q, k, scores.data());
    Multiply(Transpose::kRight, kAttentionBlock, block.keys, head_dim, douts, values, false,
             Strided<T>{dprobabilities.data(), block.keys});
    std::fill_n(products.data(), kAttentionBlock * block.keys, E{});
    ForQueries(parameters, block, [&](int64_t row, int64_t first, int64_t count) {
      const int64_t at = row * block.keys + first;
      ProbabilityRow(scores.data() + at, log_sums[block.begin + row], count, probabilities.data() + at);
      ConvertRow(probabilities.data() + at, count, products.data() + at);
    });
    Multiply(Transpose::kLeft, block.keys, head_dim, kAttentionBlock, block_products, douts, true,
             Strided<T>{dv + block.first * head_dim, head_dim});
    ForQueries(parameters, block, [&](int64_t row, int64_t first, int64_t count) {
      const int64_t at = row * block.keys + first;
      T* p = probabilities.data() + at;
      const T dot = DotRow(p, dprobabilities.data() + at, count);
      if (parameters.soft_cap > 0.0) ScaleByCapDerivative(parameters.soft_cap, scores.data() + at, count, p);
      SoftmaxRowBackward(p, dprobabilities.data() + at, dot, T{1}, count, products.data() + at);
    });
    Multiply(Transpose::kNone, kAttentionBlock, head_dim, block.keys, block_products, keys, false,
             Strided<T>{rows.data(), head_dim});
    for (int64_t i = block.begin; i < block.end; ++i) {
      std::copy_n(rows.data() + (i - block.begin) * head_dim, head_dim, dq.Row(i));
    }
    Multiply(Transpose::kLeft, block.keys, head_dim, kAttentionBlock, block_products, queries, true,
             Strided<T>{dk + block.first * head_dim, head_dim});
  }
}

#define BANTAM_INSTANTIATE(T, E)                                                                              \
  template void CausalAttentionForward<T, E>(const AttentionParameters&, int64_t, int64_t, Strided<const E>,  \
                                             Strided<const E>, Strided<const E>, Strided<E>, T*);             \
  template void CausalAttentionBackward<T, E>(const AttentionParameters&, int64_t, int64_t, Strided<const E>, \
                                              Strided<const E>, Strided<const E>, Strided<const E>, const T*, \
                                              Strided<T>, T*, T*)

BANTAM_INSTANTIATE(float, float);
BANTAM_INSTANTIATE(float, BFloat16);
BANTAM_INSTANTIATE(double, double);

}  // namespace bantam
