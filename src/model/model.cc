#include "model/model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <unordered_set>

#include <fmt/core.h>

#include "base/error.h"
#include "base/file.h"
#include "model/families/hf_config.h"
#include "model/layout.h"
#include "tensor/codec.h"

namespace bantam {
namespace {

bool IsReal(DType dtype) {
  switch (dtype) {
    case DType::kI8:
    case DType::kI16:
    case DType::kI32:
    case DType::kI64:
    case DType::kU8:
    case DType::kU16:
    case DType::kU32:
    case DType::kU64:
    case DType::kBool:
      return false;
    default:
      return true;
  }
}

// Leading dimensions of 1 carry no meaning: a [1, n] checkpoint tensor is a GGUF's [n].
Shape WithoutLeadingOnes(const Shape& shape) {
  const auto first = std::find_if(shape.begin(), shape.end(), [](int64_t d) { return d != 1; });
  return first == shape.end() ? Shape{1} : Shape(first, shape.end());
}

void CheckTensor(const std::string& name, const Shape& shape, DType dtype, const Shape& expected,
                 const std::string& where) {
  if (WithoutLeadingOnes(shape) != WithoutLeadingOnes(expected)) {
    Fail(ErrorCode::kFormat,
         fmt::format("tensor {} has shape {}, the architecture needs {}", name, ToString(shape), ToString(expected)),
         where);
  }
  if (!IsReal(dtype)) {
    Fail(ErrorCode::kFormat, fmt::format("tensor {} holds {}, not real numbers", name, Name(dtype)), where);
  }
}

// Names the first missing tensor and says how many more there are.
class MissingTensors {
 public:
  void Add(const std::string& name) {
    if (count_++ == 0) first_ = name;
  }
  void FailIfAny(const std::string& where, const std::string& hint) const {
    if (count_ == 0) return;
    const std::string more = count_ > 1 ? fmt::format(" (and {} more)", count_ - 1) : "";
    Fail(ErrorCode::kFormat, fmt::format("tensor {} is missing{}", first_, more), where, hint);
  }

 private:
  int64_t count_ = 0;
  std::string first_;
};

std::string HintForUnknownGguf(std::string_view name) {
  const bool blk = name.starts_with("blk.");
  const auto contains = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (blk && (contains(".ffn_gate.") || contains(".ffn_up.") || contains(".ffn_down.")) &&
      std::count(name.begin(), name.end(), '.') == 4) {
    return "one tensor per expert is a layout of 2023; convert the original checkpoint again";
  }
  if (blk && contains(".attn_qkv.")) return "fused q, k and v are read for gpt2 only; convert without --fuse-qkv";
  if (blk && contains(".ffn_gate_up_exps.")) return "convert without --fuse-gate-up-exps";
  return "";
}

Shape HfShape(const TensorSpec& spec, HfTransform transform) {
  if (transform == HfTransform::kStackExperts) return Shape(spec.shape.begin() + 1, spec.shape.end());
  if (transform == HfTransform::kTranspose) return Shape(spec.shape.rbegin(), spec.shape.rend());
  return spec.shape;
}

// Buffers that old checkpoints carry and that hold no weights.
bool IsHfBuffer(std::string_view name) {
  return name.ends_with(".rotary_emb.inv_freq") || name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
}

// A checkpoint of the decoder without its head lacks the prefix.
void RemovePrefix(std::vector<HfTensorMap>& maps, std::string_view prefix) {
  for (HfTensorMap& map : maps) {
    for (std::string& name : map.hf_names) {
      if (name.starts_with(prefix)) name.erase(0, prefix.size());
    }
  }
}

// More tensors than the checkpoint could hold come from an absurd config.json; listing their names would take memory
// that no file answers for.
void CheckCount(const std::vector<TensorSpec>& specs, const Architecture& a, size_t present, const std::string& where) {
  size_t needed = 0;
  for (const TensorSpec& spec : specs) {
    needed += spec.role == TensorRole::kExpert ? static_cast<size_t>(a.Moe().experts) : 1;
  }
  if (needed > 2 * present + 10000) {
    Fail(ErrorCode::kFormat, fmt::format("config.json describes {} tensors, the checkpoint has {}", needed, present),
         where);
  }
}

Architecture FromLlama2c(const Llama2cConfig& config, const std::string& where) {
  Architecture a;
  a.family = "llama";
  a.layers = config.n_layers;
  a.d_model = config.dim;
  a.heads = config.n_heads;
  a.kv_heads = config.n_kv_heads;
  if (config.n_heads <= 0 || config.dim % config.n_heads != 0) {
    Fail(ErrorCode::kFormat, fmt::format("dim {} is not a multiple of n_heads {}", config.dim, config.n_heads), where);
  }
  a.head_dim = config.dim / config.n_heads;
  a.d_ff = config.hidden_dim;
  a.vocab_size = config.vocab_size;
  a.context_length = config.seq_len;
  a.norm_eps = AsFloat(1e-5);  // run.c fixes it, and theta 10000
  a.rope_dim = a.head_dim;
  a.attention_scale = InverseSqrt(static_cast<double>(a.head_dim));
  a.tied_embeddings = config.tied;
  a.Validate(where);
  return a;
}

bool HasGgufMagic(const std::filesystem::path& path) {
  const auto file = MappedFile::Open(path);
  return file->bytes().size() >= 4 && std::memcmp(file->bytes().data(), "GGUF", 4) == 0;
}

}  // namespace

std::shared_ptr<const Model> Model::Open(const std::filesystem::path& path) {
  std::shared_ptr<Model> model(new Model);
  model->path_ = path;
  if (std::filesystem::is_directory(path)) {
    if (!HfFolder::LooksLike(path)) {
      Fail(ErrorCode::kFormat, "the folder has no config.json", path.string(),
           "give a GGUF file or a Hugging Face folder");
    }
    model->OpenHf();
  } else if (HasGgufMagic(path)) {
    model->OpenGguf();
  } else if (path.extension() == ".safetensors") {
    Fail(ErrorCode::kUsage, "a .safetensors file alone says nothing about the architecture", path.string(),
         "give the folder that holds it and config.json");
  } else {
    model->OpenLlama2c();
  }
  for (size_t i = 0; i < model->tensors_.size(); ++i) model->index_.emplace(model->tensors_[i].name, i);
  return model;
}

void Model::OpenGguf() {
  format_ = ModelFormat::kGguf;
  gguf_ = GgufFile::Open(path_);
  const std::string where = path_.string();
  GgufTensors lookup;
  lookup.shape = [&](std::string_view name) -> std::optional<Shape> {
    const GgufTensorInfo* info = gguf_->Find(name);
    return info == nullptr ? std::nullopt : std::optional(info->shape);
  };
  lookup.floats = [&](std::string_view name) { return ToFloats(gguf_->Load(*gguf_->Find(name))); };
  architecture_ = FamilyForGguf(gguf_->metadata()).FromGguf(gguf_->metadata(), lookup);
  tensors_ = TensorSpecs(architecture_);

  std::unordered_set<std::string_view> known;
  MissingTensors missing;
  for (const TensorSpec& spec : tensors_) {
    known.insert(spec.name);
    const GgufTensorInfo* info = gguf_->Find(spec.name);
    if (info == nullptr) {
      missing.Add(spec.name);
    } else {
      CheckTensor(spec.name, info->shape, info->dtype, spec.shape, where);
    }
  }
  for (const GgufTensorInfo& info : gguf_->tensors()) {
    if (known.contains(info.name)) continue;
    Fail(ErrorCode::kFormat, fmt::format("tensor {} is not part of architecture {}", info.name, architecture_.family),
         where, HintForUnknownGguf(info.name));
  }
  missing.FailIfAny(where, "the file is incomplete or not of this architecture");
}

void Model::OpenHf() {
  format_ = ModelFormat::kHfFolder;
  hf_ = HfFolder::Open(path_);
  const std::string config_path = (path_ / "config.json").string();
  const Family& family = FamilyForHf(hf_->config, config_path);
  architecture_ = family.FromHf(hf_->config, config_path);
  architecture_.name = std::filesystem::weakly_canonical(path_).filename().string();
  const TensorSource& weights = *hf_->weights;
  tensors_ = TensorSpecs(architecture_);
  CheckCount(tensors_, architecture_, weights.entries().size(), config_path);

  std::vector<HfTensorMap> maps = family.HfTensors(architecture_);
  const auto has_prefix = [&](const TensorEntry& entry) { return entry.name.starts_with(family.hf_prefix()); };
  const bool bare = std::none_of(weights.entries().begin(), weights.entries().end(), has_prefix);
  if (bare) RemovePrefix(maps, family.hf_prefix());
  MatchHf(std::move(maps));
}

void Model::MatchHf(std::vector<HfTensorMap> maps) {
  const std::string where = path_.string();
  const TensorSource& weights = *hf_->weights;
  std::unordered_set<std::string_view> known;
  MissingTensors missing;
  hf_tensors_.resize(tensors_.size());
  for (size_t i = 0, next = 0; i < tensors_.size(); ++i) {
    if (next == maps.size() || maps[next].gguf_name != tensors_[i].name) continue;  // rope_freqs.weight has no source
    hf_tensors_[i] = std::move(maps[next++]);
    for (const std::string& name : hf_tensors_[i].hf_names) {
      known.insert(name);
      const TensorEntry* entry = weights.Find(name);
      if (entry == nullptr) {
        missing.Add(name);
      } else {
        CheckTensor(name, entry->shape, entry->dtype, HfShape(tensors_[i], hf_tensors_[i].transform), where);
      }
    }
  }
  for (const TensorEntry& entry : weights.entries()) {
    if (known.contains(entry.name) || IsHfBuffer(entry.name)) continue;
    if (architecture_.tied_embeddings && entry.name == "lm_head.weight") continue;
    const bool fused = entry.name.find(".experts.gate_up_proj") != std::string::npos;
    Fail(ErrorCode::kFormat,
         fmt::format("tensor {} is not part of a {}", entry.name, hf_->config["model_type"].get<std::string>()), where,
         fused ? "only one tensor per expert is read, as transformers 4 writes them" : "");
  }
  missing.FailIfAny(where, "the checkpoint is incomplete or not of this architecture");
}

void Model::OpenLlama2c() {
  format_ = ModelFormat::kLlama2c;
  llama2c_ = Llama2cSource::Open(path_);
  architecture_ = FromLlama2c(llama2c_->config(), path_.string());
  architecture_.name = path_.stem().string();
  tensors_ = TensorSpecs(architecture_);
  MissingTensors missing;
  for (const TensorSpec& spec : tensors_) {
    const TensorEntry* entry = llama2c_->Find(spec.name);
    if (entry == nullptr) {
      missing.Add(spec.name);
    } else {
      CheckTensor(spec.name, entry->shape, entry->dtype, spec.shape, path_.string());
    }
  }
  missing.FailIfAny(path_.string(), "");
}

bool Model::Has(std::string_view name) const { return index_.find(name) != index_.end(); }

size_t Model::IndexOf(std::string_view name) const {
  const auto found = index_.find(name);
  if (found == index_.end()) Fail(ErrorCode::kUsage, fmt::format("no tensor {}", name), path_.string());
  return found->second;
}

DType Model::dtype(std::string_view name) const {
  const size_t i = IndexOf(name);
  switch (format_) {
    case ModelFormat::kGguf:
      return gguf_->Find(name)->dtype;
    case ModelFormat::kLlama2c:
      return llama2c_->Find(name)->dtype;
    case ModelFormat::kHfFolder:
      break;
  }
  const std::vector<std::string>& sources = hf_tensors_[i].hf_names;
  if (sources.empty()) return DType::kF32;
  const DType first = hf_->weights->Find(sources.front())->dtype;
  const auto same = [&](const std::string& source) { return hf_->weights->Find(source)->dtype == first; };
  return std::all_of(sources.begin(), sources.end(), same) ? first : DType::kF32;
}

Tensor Model::Load(std::string_view name) const {
  const size_t i = IndexOf(name);
  const TensorSpec& spec = tensors_[i];
  Tensor tensor;
  if (format_ == ModelFormat::kGguf) {
    tensor = gguf_->Load(*gguf_->Find(name));
  } else if (format_ == ModelFormat::kLlama2c) {
    tensor = llama2c_->Load(name);
  } else if (spec.role == TensorRole::kRopeFactors) {
    tensor = Tensor::FromFloats(spec.shape, architecture_.rope_freq_factors);
  } else {
    const HfTensorMap& map = hf_tensors_[i];
    std::vector<Tensor> sources;
    for (const std::string& source : map.hf_names) sources.push_back(hf_->weights->Load(source));
    switch (map.transform) {
      case HfTransform::kNone:
        tensor = std::move(sources.front());
        break;
      case HfTransform::kPermuteHeads:
        tensor = PermuteHeadRows(sources.front(), map.heads);
        break;
      case HfTransform::kTranspose:
        tensor = Transpose(sources.front());
        break;
      case HfTransform::kAddOne:
        tensor = AddOne(sources.front());
        break;
      case HfTransform::kStackExperts:
        tensor = StackExperts(sources);
        break;
    }
  }
  tensor.shape = spec.shape;
  return tensor;
}

std::vector<float> Model::LoadFloats(std::string_view name) const {
  std::vector<float> values = ToFloats(Load(name));
  const auto bad = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  if (bad != values.end()) {
    Fail(ErrorCode::kNumeric,
         fmt::format("tensor {}, element {}: {}", name, bad - values.begin(), std::isnan(*bad) ? "NaN" : "infinity"),
         path_.string());
  }
  return values;
}

}  // namespace bantam
