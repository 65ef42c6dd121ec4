#include "model/hf_writer.h"

#include "base/error.h"
#include "base/file.h"
#include "formats/safetensors.h"
#include "model/families.h"
#include "model/layout.h"
#include "tensor/codec.h"

namespace bantam {
namespace {

Tensor Encode(const Tensor& floats, DType dtype) {
  if (dtype == DType::kF32) return floats;
  std::byte* data = nullptr;
  Tensor tensor = Tensor::Allocate(dtype, floats.shape, &data);
  EncodeRow(dtype, reinterpret_cast<const float*>(floats.bytes.data()), data, floats.elements());
  return tensor;
}

// The tensors of the checkpoint that one GGUF tensor comes from, as floats.
std::vector<Tensor> Undo(const Tensor& tensor, const HfTensorMap& map) {
  switch (map.transform) {
    case HfTransform::kNone:
      return {tensor};
    case HfTransform::kPermuteHeads:
      return {UnpermuteHeadRows(tensor, map.heads)};
    case HfTransform::kTranspose:
      return {Transpose(tensor)};
    case HfTransform::kAddOne:
      return {SubtractOne(tensor)};
    case HfTransform::kStackExperts:
      return UnstackExperts(tensor);
  }
  Fail(ErrorCode::kInternal, "an unknown transform", map.gguf_name);
}

}  // namespace

void WriteHfModel(const std::filesystem::path& folder, const Architecture& architecture,
                  const std::function<HfTensorValues(const TensorSpec& spec)>& source, const Json& extra) {
  const Family& family = FamilyFor(architecture);
  Json config = family.ToHf(architecture);
  config.update(extra);
  const std::vector<HfTensorMap> maps = family.HfTensors(architecture);
  std::vector<SafetensorsEntry> entries;
  size_t next = 0;
  for (const TensorSpec& spec : TensorSpecs(architecture)) {
    if (next == maps.size() || maps[next].gguf_name != spec.name) continue;  // rope_freqs.weight stands in the config
    const HfTensorMap& map = maps[next++];
    const HfTensorValues tensor = source(spec);
    std::vector<Tensor> parts = Undo(Tensor::FromFloats(spec.shape, tensor.values), map);
    // PyTorch's Linear(d_model, 1); a GGUF drops the dimension.
    if (spec.name.ends_with(".ffn_gate_inp_shexp.weight")) parts.front().shape = {1, spec.shape.back()};
    for (size_t i = 0; i < parts.size(); ++i) entries.push_back({map.hf_names[i], Encode(parts[i], tensor.dtype)});
  }
  std::filesystem::create_directories(folder);
  WriteFileAtomically(folder / "config.json", DumpJson(config) + "\n");
  WriteSafetensors(folder / "model.safetensors", entries, {{"format", "pt"}});
}

}  // namespace bantam
