// dots.llm1 (rednote-hilab): a sigmoid router in DeepSeek's way and ungated shared experts.
//
//   config.json                                  Architecture                GGUF
//   n_routed_experts, num_experts_per_tok        moe.experts, .experts_used  expert_count, expert_used_count
//   moe_intermediate_size                        moe.expert_ff               expert_feed_forward_length
//   n_shared_experts (each expert_ff wide)       moe.shared_ff               expert_shared_count
//   first_k_dense_replace                        moe.leading_dense_layers    leading_dense_block_count
//   norm_topk_prob                               moe.normalize_weights       expert_weights_norm
//   routed_scaling_factor                        moe.weights_scale           expert_weights_scale
//   scoring_func "sigmoid" (or "noaux_tc",       moe.router                  expert_gating_func 2 (1: softmax)
//     the name of the selection it goes with)
//   (always)                                     moe.selection_bias          tensor exp_probs_b.bias
//   (always)                                     qk_norm per head
//   n_group, topk_group                          only 1                      expert_group_count at most 1
//   attention_bias                               only false
//
// RoPE rotates the halves of a head. llama.cpp wants output.weight, at least one shared expert, and its tensors leave
// no room for fewer key/value heads than heads. A tied model gets the head when it becomes a GGUF.
#include <fmt/core.h>

#include "base/error.h"
#include "model/families/gguf_keys.h"
#include "model/families/hf_config.h"
#include "model/families/hf_names.h"
#include "model/families/registry.h"

namespace bantam {
namespace {

// llama.cpp's numbers of expert_gating_func.
constexpr int64_t kGatingSoftmax = 1;
constexpr int64_t kGatingSigmoid = 2;

class Dots1 : public Family {
 public:
  std::string_view gguf_name() const override { return "dots1"; }
  std::vector<std::string_view> hf_model_types() const override { return {"dots1"}; }

  Architecture FromHf(const Json& json, const std::string& where) const override {
    const HfConfig config(json, where);
    Architecture a = ReadHfDecoder(config, gguf_name(), false);
    config.Only("hidden_act", std::string_view("silu"));
    config.Only("attention_bias", false);
    config.Only("n_group", int64_t{1});
    config.Only("topk_group", int64_t{1});
    config.Only("moe_layer_freq", int64_t{1});
    RefuseQwenWindow(config, a, true);
    const std::string scoring = config.String("scoring_func", "sigmoid");
    if (scoring != "sigmoid" && scoring != "noaux_tc") config.Unsupported("scoring_func", scoring);
    MoeArchitecture& moe = a.moe.emplace();
    moe.experts = config.Int("n_routed_experts");
    moe.experts_used = config.Int("num_experts_per_tok");
    moe.expert_ff = config.Int("moe_intermediate_size");
    moe.shared_ff = SharedWidth(config.Int("n_shared_experts", 0), moe.expert_ff, where);
    moe.router = RouterKind::kSigmoid;
    moe.selection_bias = true;
    moe.normalize_weights = config.Bool("norm_topk_prob", false);
    moe.weights_scale = config.Real("routed_scaling_factor", 1.0);
    moe.leading_dense_layers = config.Int("first_k_dense_replace", 0);
    return Finish(std::move(a), where);
  }

  Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const override {
    const GgufKeys keys(metadata);
    Architecture a = ReadGgufDecoder(metadata, tensors, NormKind::kRms, PositionKind::kRope);
    MoeArchitecture& moe = a.moe.emplace(ReadGgufExperts(keys));
    moe.expert_ff = keys.Int("expert_feed_forward_length");
    moe.shared_ff = SharedWidth(keys.Int("expert_shared_count"), moe.expert_ff, keys.where());
    const int64_t gating = keys.Int("expert_gating_func");
    if (gating != kGatingSoftmax && gating != kGatingSigmoid) {
      keys.Unsupported("expert_gating_func", std::to_string(gating));
    }
    moe.router = gating == kGatingSigmoid ? RouterKind::kSigmoid : RouterKind::kSoftmax;
    moe.normalize_weights = keys.Bool("expert_weights_norm", false);
    const double scale = keys.Real("expert_weights_scale", 0.0);
    moe.weights_scale = scale == 0.0 ? 1.0 : scale;  // llama.cpp's 0 is "no scale"
    moe.leading_dense_layers = keys.Int("leading_dense_block_count", 0);
    moe.selection_bias = tensors.Has(fmt::format("blk.{}.exp_probs_b.bias", moe.leading_dense_layers));
    return Finish(std::move(a), keys.where());
  }

  void ToGguf(const Architecture& a, GgufMetadata& metadata) const override {
    const MoeArchitecture& moe = a.Moe();
    RequireGguf(a.kv_heads == a.heads, a, "with fewer key/value heads than heads");
    RequireGguf(moe.shared_ff > 0 && moe.shared_ff % moe.expert_ff == 0 && !moe.shared_gate, a,
                "whose shared experts differ from the routed ones");
    WriteGgufDecoder(a, metadata);
    WriteGgufExperts(a, metadata);
    const auto set_int = [&](std::string_view name, int64_t value) {
      metadata.Set(fmt::format("dots1.{}", name), GgufValue::U32(static_cast<uint32_t>(value)));
    };
    set_int("expert_feed_forward_length", moe.expert_ff);
    set_int("expert_shared_count", moe.shared_ff / moe.expert_ff);
    set_int("expert_gating_func", moe.router == RouterKind::kSigmoid ? kGatingSigmoid : kGatingSoftmax);
    set_int("leading_dense_block_count", moe.leading_dense_layers);
    metadata.Set("dots1.expert_weights_norm", GgufValue::Bool(moe.normalize_weights));
    metadata.Set("dots1.expert_weights_scale", GgufValue::F32(static_cast<float>(moe.weights_scale)));
  }
  bool GgufNeedsHead() const override { return true; }

  Json ToHf(const Architecture& a) const override {
    const MoeArchitecture& moe = a.Moe();
    if (moe.router != RouterKind::kSigmoid || !moe.selection_bias || moe.shared_ff % moe.expert_ff != 0) {
      Fail(ErrorCode::kUnsupported,
           "Hugging Face's dots1 always has a sigmoid router with a selection bias, and shared "
           "experts as wide as the routed ones",
           a.name);
    }
    Json config = WriteHfDecoder(a, "dots1", "Dots1ForCausalLM");
    config["hidden_act"] = "silu";
    config["attention_bias"] = false;
    config["sliding_window"] = nullptr;
    config["n_routed_experts"] = moe.experts;
    config["num_experts_per_tok"] = moe.experts_used;
    config["moe_intermediate_size"] = moe.expert_ff;
    config["n_shared_experts"] = moe.shared_ff / moe.expert_ff;
    config["first_k_dense_replace"] = moe.leading_dense_layers;
    config["norm_topk_prob"] = moe.normalize_weights;
    config["routed_scaling_factor"] = Tidy(moe.weights_scale);
    config["scoring_func"] = "sigmoid";
    config["n_group"] = 1;
    config["topk_group"] = 1;
    return config;
  }

 protected:
  std::vector<HfName> HfNames() const override {
    return Join(Join(DecoderNames(HfTransform::kNone, HfTransform::kNone), ExpertNames()),
                {{"blk.#.exp_probs_b.bias", "model.layers.#.mlp.gate.e_score_correction_bias"},
                 {"blk.#.ffn_gate_shexp.weight", "model.layers.#.mlp.shared_experts.gate_proj.weight"},
                 {"blk.#.ffn_up_shexp.weight", "model.layers.#.mlp.shared_experts.up_proj.weight"},
                 {"blk.#.ffn_down_shexp.weight", "model.layers.#.mlp.shared_experts.down_proj.weight"}});
  }

 private:
  // All shared experts together, checked before the product so that it cannot overflow.
  static int64_t SharedWidth(int64_t count, int64_t expert_ff, const std::string& where) {
    constexpr int64_t kMost = int64_t{1} << 20;
    if (count < 0 || count > kMost || expert_ff < 0 || expert_ff > kMost) {
      Fail(ErrorCode::kFormat, fmt::format("{} shared experts of width {}", count, expert_ff), where);
    }
    return count * expert_ff;
  }

  static Architecture Finish(Architecture a, const std::string& where) {
    a.rope_style = RopeStyle::kHalf;
    a.qk_norm = QkNorm::kPerHead;
    a.Validate(where);
    return a;
  }
};

}  // namespace

const Family& Dots1Family() {
  static const Dots1 family;
  return family;
}

}  // namespace bantam
