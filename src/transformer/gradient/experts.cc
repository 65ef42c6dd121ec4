#include "transformer/gradient/experts.h"

#include <algorithm>

#include "transformer/ops/router.h"
#include "transformer/ops/router_losses.h"
#include "transformer/ops/sigmoid_gate.h"

namespace bantam {
namespace {

constexpr int64_t kExpertRows = 32;  // rows an expert's part is rounded up to

// Losses of routers are means over the layers that have one.
double LayerShare(const Architecture& a) {
  int64_t layers = 0;
  for (int64_t layer = 0; layer < a.layers; ++layer) layers += a.LayerIsMoe(layer) ? 1 : 0;
  return 1.0 / static_cast<double>(layers);
}

template <typename T, typename E>
void Route(const Pass<T, E>& pass, const LayerSlots& slots, ExpertActivations<T, E>& kept) {
  const MoeArchitecture& moe = pass.architecture.Moe();
  const int64_t tokens = pass.tokens(), width = pass.architecture.d_model;
  kept.logits.Resize(tokens * moe.experts);
  Multiply(Transpose::kRight, tokens, moe.experts, width, Strided<const T>{kept.h.data(), width},
           Strided<const T>{pass.parameters + slots.router.weight.offset, width}, false,
           Strided<T>{kept.logits.data(), moe.experts});
  kept.scores.Resize(kept.logits.size());
  ConvertRows<T, T>(std::span<const T>(kept.logits), kept.scores.data());
  kept.chosen.resize(tokens * moe.experts_used);
  kept.shares.resize(kept.chosen.size());
  const std::span<const T> bias = slots.selection_bias.present()
                                      ? std::span(pass.parameters + slots.selection_bias.offset, moe.experts)
                                      : std::span<const T>{};
  ForRows(tokens, [&](int64_t begin, int64_t end) {
    RouterForward<T>(moe, bias, RowRange(std::span<T>(kept.scores), moe.experts, begin, end),
                     RowRange(std::span(kept.chosen), moe.experts_used, begin, end),
                     RowRange(std::span(kept.shares), moe.experts_used, begin, end));
  });
}

// Counting sort of the choices by expert.
template <typename T, typename E>
void Sort(const MoeArchitecture& moe, ExpertActivations<T, E>& kept) {
  kept.counts.assign(moe.experts, 0);
  for (const int32_t expert : kept.chosen) ++kept.counts[expert];
  kept.begin.assign(1, 0);
  for (const int64_t count : kept.counts) {
    kept.begin.push_back(kept.begin.back() + (count + kExpertRows - 1) / kExpertRows * kExpertRows);
  }
  kept.token_of.assign(kept.begin.back(), -1);
  kept.place.resize(kept.chosen.size());
  std::vector<int64_t> next(kept.begin.begin(), kept.begin.end() - 1);
  for (size_t slot = 0; slot < kept.chosen.size(); ++slot) {
    kept.place[slot] = next[kept.chosen[slot]]++;
    kept.token_of[kept.place[slot]] = static_cast<int64_t>(slot) / moe.experts_used;
  }
}

template <typename T, typename E>
FfnSlot ExpertSlot(const LayerSlots& slots, int64_t expert) {
  return {.gate = slots.experts.gate.present() ? slots.experts.gate.Expert(expert) : LinearSlot{},
          .up = slots.experts.up.Expert(expert),
          .down = slots.experts.down.Expert(expert)};
}

template <typename T, typename E>
void RoutedForward(const Pass<T, E>& pass, const LayerSlots& slots, const E* h, ExpertActivations<T, E>& kept) {
  const int64_t width = pass.architecture.d_model, experts = pass.architecture.Moe().experts;
  kept.x.Resize(kept.begin.back() * width);
  kept.y.Resize(kept.begin.back() * width);
  kept.experts.resize(experts);
  WorkbenchPool().Run(experts, [&](int64_t expert) {
    const int64_t begin = kept.begin[expert], rows = kept.begin[expert + 1] - begin;
    if (rows == 0) return;
    for (int64_t row = begin; row < begin + rows; ++row) {
      E* to = kept.x.data() + row * width;
      if (const int64_t token = kept.token_of[row]; token < 0) {
        std::fill_n(to, width, E{});
      } else {
        std::copy_n(h + token * width, width, to);
      }
    }
    FfnScratch<T, E> scratch;
    FfnForward(pass, ExpertSlot<T, E>(slots, expert), rows, kept.x.data() + begin * width, false,
               kept.y.data() + begin * width, kept.experts[expert], scratch);
  });
}

// y [tokens, width] = each token's chosen rows times their shares.
template <typename T, typename E>
void Combine(const Pass<T, E>& pass, const ExpertActivations<T, E>& kept, T* y) {
  const int64_t width = pass.architecture.d_model, used = pass.architecture.Moe().experts_used;
  ForRows(pass.tokens(), [&](int64_t begin, int64_t end) {
    std::fill(y + begin * width, y + end * width, T{0});
    for (int64_t slot = begin * used; slot < end * used; ++slot) {
      const T* row = kept.y.data() + kept.place[slot] * width;
      T* to = y + slot / used * width;
      for (int64_t j = 0; j < width; ++j) to[j] += kept.shares[slot] * row[j];
    }
  });
}

template <typename T, typename E>
void SharedForward(const Pass<T, E>& pass, const LayerSlots& slots, const E* h, T* y, ExpertActivations<T, E>& kept,
                   ExpertScratch<T, E>& scratch) {
  const int64_t tokens = pass.tokens(), width = pass.architecture.d_model;
  if (!slots.shared_gate.present()) {
    return FfnForward(pass, slots.shared_expert, tokens, h, true, y, kept.shared, scratch.shared);
  }
  kept.shared_y.Resize(tokens * width);
  FfnForward(pass, slots.shared_expert, tokens, h, false, kept.shared_y.data(), kept.shared, scratch.shared);
  kept.gate.Resize(tokens);
  Multiply(Transpose::kRight, tokens, 1, width, Strided<const T>{kept.h.data(), width},
           Strided<const T>{pass.parameters + slots.shared_gate.weight.offset, width}, false,
           Strided<T>{kept.gate.data(), 1});
  SigmoidGateForward<T>(kept.gate, kept.shared_y, std::span(y, tokens * width));
}

// dh and the router's gradient, from the gradients of the shares.
template <typename T, typename E>
void RouteBackward(const Pass<T, E>& pass, const LayerSlots& slots, std::span<const T> dshares, T* dh,
                   const ExpertActivations<T, E>& kept, Buffer<T>& dlogits) {
  const MoeArchitecture& moe = pass.architecture.Moe();
  const int64_t tokens = pass.tokens(), width = pass.architecture.d_model;
  dlogits.Resize(tokens * moe.experts);
  RouterBackward<T>(moe, kept.scores, kept.chosen, dshares, dlogits);
  const double scale = pass.auxiliary_scale * LayerShare(pass.architecture);
  if (pass.options.router_z_loss != 0.0) {
    RouterZLossBackward<T>(kept.logits, moe.experts, scale * pass.options.router_z_loss, dlogits);
  }
  if (pass.options.balance_loss != 0.0) {
    BalanceLossBackward<T>(moe, kept.scores, kept.chosen, scale * pass.options.balance_loss, dlogits);
  }
  const Strided<const T> dy{dlogits.data(), moe.experts};
  Multiply(Transpose::kLeft, moe.experts, width, tokens, dy, Strided<const T>{kept.h.data(), width}, true,
           Strided<T>{pass.gradients + slots.router.weight.offset, width});
  Multiply(Transpose::kNone, tokens, width, moe.experts, dy,
           Strided<const T>{pass.parameters + slots.router.weight.offset, width}, true, Strided<T>{dh, width});
}

template <typename T, typename E>
void RoutedBackward(const Pass<T, E>& pass, const LayerSlots& slots, std::span<const T> dy, T* dh,
                    const ExpertActivations<T, E>& kept, ExpertScratch<T, E>& scratch) {
  const MoeArchitecture& moe = pass.architecture.Moe();
  const int64_t width = pass.architecture.d_model, used = moe.experts_used;
  std::vector<T> share_of(kept.token_of.size()), dshares(kept.chosen.size());
  for (size_t slot = 0; slot < kept.chosen.size(); ++slot) share_of[kept.place[slot]] = kept.shares[slot];
  scratch.dy.Resize(kept.x.size());
  scratch.dx.Resize(kept.x.size());
  WorkbenchPool().Run(moe.experts, [&](int64_t expert) {
    const int64_t begin = kept.begin[expert], rows = kept.begin[expert + 1] - begin;
    if (rows == 0) return;
    std::vector<T> scaled(width);
    for (int64_t row = begin; row < begin + rows; ++row) {
      const int64_t token = kept.token_of[row];
      for (int64_t j = 0; j < width; ++j) scaled[j] = token < 0 ? T{0} : share_of[row] * dy[token * width + j];
      ConvertRow(scaled.data(), width, scratch.dy.data() + row * width);
    }
    FfnScratch<T, E> expert_scratch;
    FfnBackward(pass, ExpertSlot<T, E>(slots, expert), rows, kept.x.data() + begin * width,
                scratch.dy.data() + begin * width, false, scratch.dx.data() + begin * width, kept.experts[expert],
                expert_scratch);
  });
  ForRows(pass.tokens(), [&](int64_t begin, int64_t end) {
    std::fill(dh + begin * width, dh + end * width, T{0});
    for (int64_t slot = begin * used; slot < end * used; ++slot) {
      const int64_t token = slot / used, row = kept.place[slot];
      AddRow(scratch.dx.data() + row * width, width, dh + token * width);
      dshares[slot] = DotRow(kept.y.data() + row * width, dy.data() + token * width, width);
    }
  });
  RouteBackward(pass, slots, std::span<const T>(dshares), dh, kept, scratch.dscores);
}

template <typename T, typename E>
void SharedBackward(const Pass<T, E>& pass, const LayerSlots& slots, const E* h, std::span<const T> dy, T* dh,
                    const ExpertActivations<T, E>& kept, ExpertScratch<T, E>& scratch) {
  const int64_t tokens = pass.tokens(), width = pass.architecture.d_model;
  scratch.dy.Resize(tokens * width);
  if (!slots.shared_gate.present()) {
    ConvertRows<T, E>(dy, scratch.dy.data());
  } else {
    std::vector<T> dshared(tokens * width), dgate(tokens);
    SigmoidGateBackward<T>(kept.gate, kept.shared_y, dy, dshared, dgate);
    ConvertRows<T, E>(std::span<const T>(dshared), scratch.dy.data());
    Multiply(Transpose::kLeft, 1, width, tokens, Strided<const T>{dgate.data(), 1},
             Strided<const T>{kept.h.data(), width}, true,
             Strided<T>{pass.gradients + slots.shared_gate.weight.offset, width});
    Multiply(Transpose::kNone, tokens, width, 1, Strided<const T>{dgate.data(), 1},
             Strided<const T>{pass.parameters + slots.shared_gate.weight.offset, width}, true, Strided<T>{dh, width});
  }
  FfnBackward(pass, slots.shared_expert, tokens, h, scratch.dy.data(), true, dh, kept.shared, scratch.shared);
}

}  // namespace

template <typename T, typename E>
void ExpertsForward(const Pass<T, E>& pass, int64_t layer, const LayerSlots& slots, const E* h, T* y,
                    ExpertActivations<T, E>& kept, ExpertScratch<T, E>& scratch, TrainingLoss& loss) {
  const MoeArchitecture& moe = pass.architecture.Moe();
  Route(pass, slots, kept);
  Sort(moe, kept);
  RoutedForward(pass, slots, h, kept);
  Combine(pass, kept, y);
  if (slots.shared_expert.up.present()) SharedForward(pass, slots, h, y, kept, scratch);
  const double share = LayerShare(pass.architecture);
  loss.router_z += share * RouterZLoss<T>(kept.logits, moe.experts);
  loss.balance += share * BalanceLoss<T>(moe, kept.scores, kept.chosen);
  loss.expert_tokens[layer] = kept.counts;
}

template <typename T, typename E>
void ExpertsBackward(const Pass<T, E>& pass, const LayerSlots& slots, const E* h, std::span<const T> dy, T* dh,
                     const ExpertActivations<T, E>& kept, ExpertScratch<T, E>& scratch) {
  RoutedBackward(pass, slots, dy, dh, kept, scratch);
  if (slots.shared_expert.up.present()) SharedBackward(pass, slots, h, dy, dh, kept, scratch);
}

#define BANTAM_INSTANTIATE(T, E)                                                                              \
  template void ExpertsForward<T, E>(const Pass<T, E>&, int64_t, const LayerSlots&, const E*, T*,             \
                                     ExpertActivations<T, E>&, ExpertScratch<T, E>&, TrainingLoss&);          \
  template void ExpertsBackward<T, E>(const Pass<T, E>&, const LayerSlots&, const E*, std::span<const T>, T*, \
                                      const ExpertActivations<T, E>&, ExpertScratch<T, E>&)

BANTAM_INSTANTIATE(float, float);
BANTAM_INSTANTIATE(float, BFloat16);
BANTAM_INSTANTIATE(double, double);

}  // namespace bantam
