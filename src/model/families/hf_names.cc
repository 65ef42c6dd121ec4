#include "model/families/hf_names.h"

namespace bantam {

std::vector<HfName> DecoderNames(HfTransform qk, HfTransform norm) {
  return {
      {"token_embd.weight", "model.embed_tokens.weight"},
      {"output_norm.weight", "model.norm.weight", norm},
      {"output.weight", "lm_head.weight"},
      {"blk.#.attn_norm.weight", "model.layers.#.input_layernorm.weight", norm},
      {"blk.#.attn_q.weight", "model.layers.#.self_attn.q_proj.weight", qk},
      {"blk.#.attn_q.bias", "model.layers.#.self_attn.q_proj.bias", qk},
      {"blk.#.attn_k.weight", "model.layers.#.self_attn.k_proj.weight", qk},
      {"blk.#.attn_k.bias", "model.layers.#.self_attn.k_proj.bias", qk},
      {"blk.#.attn_v.weight", "model.layers.#.self_attn.v_proj.weight"},
      {"blk.#.attn_v.bias", "model.layers.#.self_attn.v_proj.bias"},
      {"blk.#.attn_q_norm.weight", "model.layers.#.self_attn.q_norm.weight", norm},
      {"blk.#.attn_k_norm.weight", "model.layers.#.self_attn.k_norm.weight", norm},
      {"blk.#.attn_output.weight", "model.layers.#.self_attn.o_proj.weight"},
      {"blk.#.attn_output.bias", "model.layers.#.self_attn.o_proj.bias"},
      {"blk.#.ffn_norm.weight", "model.layers.#.post_attention_layernorm.weight", norm},
      {"blk.#.ffn_gate.weight", "model.layers.#.mlp.gate_proj.weight"},
      {"blk.#.ffn_gate.bias", "model.layers.#.mlp.gate_proj.bias"},
      {"blk.#.ffn_up.weight", "model.layers.#.mlp.up_proj.weight"},
      {"blk.#.ffn_up.bias", "model.layers.#.mlp.up_proj.bias"},
      {"blk.#.ffn_down.weight", "model.layers.#.mlp.down_proj.weight"},
      {"blk.#.ffn_down.bias", "model.layers.#.mlp.down_proj.bias"},
  };
}

std::vector<HfName> ExpertNames() {
  constexpr HfTransform kStack = HfTransform::kStackExperts;
  return {
      {"blk.#.ffn_gate_inp.weight", "model.layers.#.mlp.gate.weight"},
      {"blk.#.ffn_gate_exps.weight", "model.layers.#.mlp.experts.*.gate_proj.weight", kStack},
      {"blk.#.ffn_up_exps.weight", "model.layers.#.mlp.experts.*.up_proj.weight", kStack},
      {"blk.#.ffn_down_exps.weight", "model.layers.#.mlp.experts.*.down_proj.weight", kStack},
  };
}

std::vector<HfName> Join(std::vector<HfName> base, const std::vector<HfName>& more) {
  base.insert(base.end(), more.begin(), more.end());
  return base;
}

}  // namespace bantam
