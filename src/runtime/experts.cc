#include "runtime/experts.h"

#include <algorithm>
#include <limits>

namespace bantam {
namespace {

// Rows that one part of a loop over tokens takes: a few thousand values, some microseconds.
constexpr int64_t kRowGrain = 8;

// The floor of a sum of weights, as in llama.cpp: the smallest normal F16.
constexpr float kSmallestSum = 0x1p-14f;

}  // namespace

ExpertLayer::ExpertLayer(const Weights& weights, int64_t tokens, Arena& arena)
    : a_(weights.architecture()), kernels_(weights.kernels()) {
  const MoeArchitecture& moe = *a_.moe;
  const int64_t slots = tokens * moe.experts_used;
  for (const LayerWeights& layer : weights.layers()) {
    if (layer.experts == nullptr) continue;
    hidden_.Need(layer.experts->down, slots);
    shared_hidden_.Need(layer.experts->shared.down.matrix, tokens);
  }
  hidden_.Reserve(arena);
  shared_hidden_.Reserve(arena);
  arena.Reserve(&scores_, tokens * moe.experts);
  arena.Reserve(&shared_scale_, tokens);
  arena.Reserve(&chosen_, slots);
  arena.Reserve(&slot_weights_, slots);
  arena.Reserve(&group_begin_, moe.experts + 1);
  arena.Reserve(&group_slots_, slots);
  arena.Reserve(&group_tokens_, slots);
  arena.Reserve(&gate_, slots * moe.expert_ff);
  arena.Reserve(&up_, slots * moe.expert_ff);
  arena.Reserve(&down_, slots * a_.d_model);
  arena.Reserve(&shared_gate_, tokens * moe.shared_ff);
  arena.Reserve(&shared_up_, tokens * moe.shared_ff);
  arena.Reserve(&shared_down_, moe.shared_ff > 0 ? tokens * a_.d_model : 0);
  arena.Reserve(&products_, 2 * moe.experts + 2);
}

void ExpertLayer::AddInputs(const Experts& experts, EncodedRows& input) const {
  for (const Matrix* matrix : {&experts.router, &experts.gate, &experts.up, &experts.shared_gate,
                               &experts.shared.gate.matrix, &experts.shared.up.matrix}) {
    input.Add(*matrix);
  }
}

void ExpertLayer::Choose(const Experts& experts, int64_t token) {
  const MoeArchitecture& moe = *a_.moe;
  float* scores = scores_ + token * moe.experts;
  if (moe.router == RouterKind::kSoftmax) {
    kernels_.softmax(scores, moe.experts);
  } else {
    kernels_.sigmoid(scores, moe.experts);
  }
  int32_t* chosen = chosen_ + token * moe.experts_used;
  for (int64_t rank = 0; rank < moe.experts_used; ++rank) {
    int32_t best = -1;
    float best_score = 0.0f;
    for (int32_t e = 0; e < static_cast<int32_t>(moe.experts); ++e) {
      if (std::find(chosen, chosen + rank, e) != chosen + rank) continue;
      const float score = scores[e] + (moe.selection_bias ? experts.selection_bias[static_cast<size_t>(e)] : 0.0f);
      // The second condition takes an expert even if its score is a NaN, which will show in the logits.
      if (best < 0 || score > best_score) {
        best = e;
        best_score = score;
      }
    }
    chosen[rank] = best;
  }
  float* weights = slot_weights_ + token * moe.experts_used;
  float sum = 0.0f;
  for (int64_t rank = 0; rank < moe.experts_used; ++rank) sum += weights[rank] = scores[chosen[rank]];
  const float divisor = moe.normalize_weights ? std::max(sum, kSmallestSum) : 1.0f;
  for (int64_t rank = 0; rank < moe.experts_used; ++rank) {
    weights[rank] = weights[rank] / divisor * static_cast<float>(moe.weights_scale);
  }
}

void ExpertLayer::Route(const Experts& experts, const EncodedRows& input, int64_t tokens, ThreadPool& pool) {
  int64_t count = 0;
  products_[count++] = {experts.router, tokens, input.For(experts.router), {scores_, a_.moe->experts}};
  if (a_.moe->shared_gate && a_.moe->shared_ff > 0) {
    products_[count++] = {experts.shared_gate, tokens, input.For(experts.shared_gate), {shared_scale_, 1}};
  }
  MultiplyAll(pool, {products_, static_cast<size_t>(count)});
  if (count == 2) kernels_.sigmoid(shared_scale_, tokens);
  pool.ForRanges(tokens, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) Choose(experts, token);
  });
}

void ExpertLayer::GroupByExpert(int64_t tokens) {
  const int64_t experts = a_.moe->experts, used = a_.moe->experts_used, slots = tokens * used;
  std::fill(group_begin_, group_begin_ + experts + 1, 0);
  for (int64_t slot = 0; slot < slots; ++slot) ++group_begin_[chosen_[slot] + 1];
  for (int64_t e = 0; e < experts; ++e) group_begin_[e + 1] += group_begin_[e];
  // Filling moves every begin to the next one's place; shifting them back afterwards restores them.
  for (int64_t slot = 0; slot < slots; ++slot) {
    const int32_t place = group_begin_[chosen_[slot]]++;
    group_slots_[place] = static_cast<int32_t>(slot);
    group_tokens_[place] = static_cast<int32_t>(slot / used);
  }
  for (int64_t e = experts; e > 0; --e) group_begin_[e] = group_begin_[e - 1];
  group_begin_[0] = 0;
}

void ExpertLayer::Combine(const Experts& experts, int64_t token, float* out) const {
  const int64_t used = a_.moe->experts_used;
  std::fill(out, out + a_.d_model, 0.0f);
  for (int64_t slot = token * used; slot < (token + 1) * used; ++slot) {
    kernels_.add_scaled(out, slot_weights_[slot], down_ + slot * a_.d_model, a_.d_model);
  }
  if (experts.shared.width() == 0) return;
  const float scale = a_.moe->shared_gate ? shared_scale_[token] : 1.0f;
  kernels_.add_scaled(out, scale, shared_down_ + token * a_.d_model, a_.d_model);
}

void ExpertLayer::Run(const Experts& experts, const EncodedRows& input, int64_t tokens, ThreadPool& pool, float* out) {
  const MoeArchitecture& moe = *a_.moe;
  Route(experts, input, tokens, pool);
  GroupByExpert(tokens);

  const auto rows = [](const Matrix& all, int64_t e, int64_t count) { return all.Rows(e * count, (e + 1) * count); };
  int64_t count = 0;
  for (int64_t e = 0; e < moe.experts; ++e) {
    const int64_t begin = group_begin_[e], members = group_begin_[e + 1] - begin;
    if (members == 0) continue;
    const int32_t *slots = group_slots_ + begin, *group = group_tokens_ + begin;
    products_[count++] = {
        rows(experts.gate, e, moe.expert_ff), members, input.For(experts.gate, group), {gate_, moe.expert_ff, slots}};
    products_[count++] = {
        rows(experts.up, e, moe.expert_ff), members, input.For(experts.up, group), {up_, moe.expert_ff, slots}};
  }
  const Mlp& shared = experts.shared;
  if (shared.width() > 0) {
    const Matrix &gate = shared.gate.matrix, &up = shared.up.matrix;
    products_[count++] = {gate, tokens, input.For(gate), {shared_gate_, moe.shared_ff}};
    products_[count++] = {up, tokens, input.For(up), {shared_up_, moe.shared_ff}};
  }
  MultiplyAll(pool, {products_, static_cast<size_t>(count)});

  hidden_.Begin(moe.expert_ff);
  hidden_.Add(experts.down);
  shared_hidden_.Begin(moe.shared_ff);
  shared_hidden_.Add(shared.down.matrix);
  const auto activate = [&](const Matrix& down, EncodedRows& encoded, float* gate, const float* up, int64_t row,
                            int64_t width) {
    kernels_.activate_gated(NonlinearityFor(a_.activation, down.dtype), gate + row * width, up + row * width, width);
    encoded.Encode(kernels_, row, gate + row * width);
  };
  pool.ForRanges(tokens, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t slot = begin * moe.experts_used; slot < end * moe.experts_used; ++slot) {
      activate(experts.down, hidden_, gate_, up_, slot, moe.expert_ff);
    }
    for (int64_t token = begin; token < end && shared.width() > 0; ++token) {
      activate(shared.down.matrix, shared_hidden_, shared_gate_, shared_up_, token, moe.shared_ff);
    }
  });

  count = 0;
  for (int64_t e = 0; e < moe.experts; ++e) {
    const int64_t begin = group_begin_[e], members = group_begin_[e + 1] - begin;
    if (members == 0) continue;
    const int32_t* slots = group_slots_ + begin;
    products_[count++] = {
        rows(experts.down, e, a_.d_model), members, hidden_.For(experts.down, slots), {down_, a_.d_model, slots}};
  }
  if (shared.width() > 0) {
    const Matrix& down = shared.down.matrix;
    products_[count++] = {down, tokens, shared_hidden_.For(down), {shared_down_, a_.d_model}};
  }
  MultiplyAll(pool, {products_, static_cast<size_t>(count)});
  pool.ForRanges(tokens, kRowGrain, [&](int64_t begin, int64_t end) {
    for (int64_t token = begin; token < end; ++token) Combine(experts, token, out + token * a_.d_model);
  });
}

}  // namespace bantam
