#include "transformer/test_architectures.h"

#include <cmath>

namespace bantam {

Architecture TinyLlama() {
  Architecture a;
  a.family = "llama";
  a.layers = 2;
  a.d_model = 32;
  a.heads = 4;
  a.kv_heads = 2;
  a.head_dim = 8;
  a.d_ff = 48;
  a.vocab_size = 61;
  a.context_length = 96;
  a.rope_dim = 8;
  a.attention_scale = 1 / std::sqrt(8.0);
  return a;
}

MoeArchitecture TinyMoe() {
  MoeArchitecture moe;
  moe.experts = 6;
  moe.experts_used = 2;
  moe.expert_ff = 20;
  return moe;
}

const std::vector<ArchitectureVariant>& ArchitectureVariants() {
  static const std::vector<ArchitectureVariant> variants{
      {"LayerNorm", [](Architecture& a) { a.norm = NormKind::kLayer; }},
      {"NormEps", [](Architecture& a) { a.norm_eps = 0.1; }},
      {"PostNorms", [](Architecture& a) { a.post_norms = true; }},
      {"QkNormPerHead", [](Architecture& a) { a.qk_norm = QkNorm::kPerHead; }},
      {"QkNormFull", [](Architecture& a) { a.qk_norm = QkNorm::kFull; }},
      {"LearnedPositions", [](Architecture& a) { a.position = PositionKind::kLearned, a.rope_dim = 0; }},
      {"RopeHalf", [](Architecture& a) { a.rope_style = RopeStyle::kHalf; }},
      {"RopePartialInterleaved", [](Architecture& a) { a.rope_dim = 4; }},
      {"RopePartialHalf", [](Architecture& a) { a.rope_style = RopeStyle::kHalf, a.rope_dim = 6; }},
      {"RopeTheta", [](Architecture& a) { a.rope_theta = 500000; }},
      {"RopeLinear", [](Architecture& a) { a.rope_linear_factor = 4; }},
      {"RopeFactors", [](Architecture& a) { a.rope_freq_factors = {1, 1.5, 4, 8}; }},
      {"QkvBias", [](Architecture& a) { a.qkv_bias = true; }},
      {"AttentionOutputBias", [](Architecture& a) { a.attention_output_bias = true; }},
      {"FfnBias", [](Architecture& a) { a.ffn_bias = true; }},
      {"FusedQkv", [](Architecture& a) { a.fused_qkv = true, a.qkv_bias = true; }},
      {"AttentionScale", [](Architecture& a) { a.attention_scale = 0.2; }},
      {"AttentionSoftCap", [](Architecture& a) { a.attention_soft_cap = 1.5; }},
      {"LogitSoftCap", [](Architecture& a) { a.logit_soft_cap = 2; }},
      {"WindowEveryLayer", [](Architecture& a) { a.sliding_window = 5; }},
      {"WindowOfOne", [](Architecture& a) { a.sliding_window = 1; }},
      {"WindowAcrossBlocks", [](Architecture& a) { a.sliding_window = 60; }},
      {"WindowEveryOtherLayer", [](Architecture& a) { a.sliding_window = 5, a.sliding_pattern = 2; }},
      {"EmbeddingScale", [](Architecture& a) { a.embedding_scale = 5.5; }},
      {"PlainFfn", [](Architecture& a) { a.gated_ffn = false; }},
      {"GeluTanh", [](Architecture& a) { a.activation = Activation::kGeluTanh; }},
      {"GeluErf", [](Architecture& a) { a.activation = Activation::kGeluErf; }},
      {"Tied", [](Architecture& a) { a.tied_embeddings = true; }},
      {"HeadDimBeyondModel", [](Architecture& a) { a.head_dim = 12; }},
      {"OneKeyValueHead", [](Architecture& a) { a.kv_heads = 1; }},
      {"Moe", [](Architecture& a) { a.moe = TinyMoe(); }},
      {"MoeNormalised", [](Architecture& a) { a.moe = TinyMoe(), a.moe->normalize_weights = true; }},
      {"MoeScaled", [](Architecture& a) { a.moe = TinyMoe(), a.moe->weights_scale = 2.5; }},
      {"MoeSigmoid", [](Architecture& a) { a.moe = TinyMoe(), a.moe->router = RouterKind::kSigmoid; }},
      {"MoeAllExperts", [](Architecture& a) { a.moe = TinyMoe(), a.moe->experts_used = 6; }},
      {"MoeShared", [](Architecture& a) { a.moe = TinyMoe(), a.moe->shared_ff = 28; }},
      {"MoeSharedGated", [](Architecture& a) { a.moe = TinyMoe(), a.moe->shared_ff = 28, a.moe->shared_gate = true; }},
      {"MoeLeadingDense", [](Architecture& a) { a.moe = TinyMoe(), a.moe->leading_dense_layers = 1; }},
      {"Gpt2",
       [](Architecture& a) {
         a.norm = NormKind::kLayer, a.position = PositionKind::kLearned, a.rope_dim = 0, a.kv_heads = 4;
         a.fused_qkv = a.qkv_bias = a.attention_output_bias = a.ffn_bias = a.tied_embeddings = true;
         a.gated_ffn = false, a.activation = Activation::kGeluTanh;
       }},
      {"Gemma2",
       [](Architecture& a) {
         a.post_norms = a.tied_embeddings = true, a.embedding_scale = std::sqrt(32.0), a.rope_style = RopeStyle::kHalf;
         a.activation = Activation::kGeluTanh, a.attention_soft_cap = 5, a.logit_soft_cap = 3;
         a.sliding_window = 7, a.sliding_pattern = 2, a.head_dim = 16, a.rope_dim = 16, a.attention_scale = 0.25;
       }},
      {"Dots1",
       [](Architecture& a) {
         a.kv_heads = 4, a.rope_style = RopeStyle::kHalf, a.qk_norm = QkNorm::kPerHead, a.moe = TinyMoe();
         a.moe->router = RouterKind::kSigmoid, a.moe->selection_bias = a.moe->normalize_weights = true;
         a.moe->weights_scale = 2.5, a.moe->shared_ff = 40, a.moe->leading_dense_layers = 1;
       }},
  };
  return variants;
}

}  // namespace bantam
