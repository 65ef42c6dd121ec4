#include "transformer/gradient/slots.h"

#include <fmt/core.h>

namespace bantam {
namespace {

VectorSlot FindVector(const ParameterLayout& layout, const std::string& name) {
  const ParameterLayout::Entry* entry = layout.Find(name);
  return entry == nullptr ? VectorSlot{} : VectorSlot{entry->offset, entry->size};
}

NormSlot FindNorm(const ParameterLayout& layout, const std::string& stem) {
  return {FindVector(layout, stem + ".weight"), FindVector(layout, stem + ".bias")};
}

LinearSlot FindLinear(const ParameterLayout& layout, const std::string& stem) {
  const ParameterLayout::Entry* entry = layout.Find(stem + ".weight");
  if (entry == nullptr) return {};
  const Shape& shape = entry->spec.shape;  // [out, in], [experts, out, in] or [in]
  return {.weight = {entry->offset, entry->size},
          .bias = FindVector(layout, stem + ".bias"),
          .out = shape.size() > 1 ? shape[shape.size() - 2] : 1,
          .in = shape.back()};
}

FfnSlot FindFfn(const ParameterLayout& layout, const std::string& layer, const char* suffix) {
  return {FindLinear(layout, fmt::format("{}.ffn_gate{}", layer, suffix)),
          FindLinear(layout, fmt::format("{}.ffn_up{}", layer, suffix)),
          FindLinear(layout, fmt::format("{}.ffn_down{}", layer, suffix))};
}

LayerSlots FindLayer(const ParameterLayout& layout, const std::string& layer) {
  return {.attn_norm = FindNorm(layout, layer + ".attn_norm"),
          .post_attention_norm = FindNorm(layout, layer + ".post_attention_norm"),
          .ffn_norm = FindNorm(layout, layer + ".ffn_norm"),
          .post_ffw_norm = FindNorm(layout, layer + ".post_ffw_norm"),
          .attn_q_norm = FindNorm(layout, layer + ".attn_q_norm"),
          .attn_k_norm = FindNorm(layout, layer + ".attn_k_norm"),
          .attn_q = FindLinear(layout, layer + ".attn_q"),
          .attn_k = FindLinear(layout, layer + ".attn_k"),
          .attn_v = FindLinear(layout, layer + ".attn_v"),
          .attn_qkv = FindLinear(layout, layer + ".attn_qkv"),
          .attn_output = FindLinear(layout, layer + ".attn_output"),
          .ffn = FindFfn(layout, layer, ""),
          .experts = FindFfn(layout, layer, "_exps"),
          .shared_expert = FindFfn(layout, layer, "_shexp"),
          .router = FindLinear(layout, layer + ".ffn_gate_inp"),
          .shared_gate = FindLinear(layout, layer + ".ffn_gate_inp_shexp"),
          .selection_bias = FindVector(layout, layer + ".exp_probs_b.bias")};
}

}  // namespace

LinearSlot LinearSlot::Expert(int64_t expert) const {
  return {.weight = {weight.offset + expert * out * in, out * in}, .bias = {}, .out = out, .in = in};
}

ModelSlots::ModelSlots(const ParameterLayout& layout, int64_t layer_count)
    : token_embedding(FindVector(layout, "token_embd.weight")),
      position_embedding(FindVector(layout, "position_embd.weight")),
      output_norm(FindNorm(layout, "output_norm")),
      head(FindLinear(layout, "output")) {
  for (int64_t layer = 0; layer < layer_count; ++layer)
    layers.push_back(FindLayer(layout, fmt::format("blk.{}", layer)));
  if (!head.present()) head = FindLinear(layout, "token_embd");
}

}  // namespace bantam
