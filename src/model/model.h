// A model: its architecture and its tensors under GGUF names in GGUF layout, loaded when asked for, whatever file they
// come from.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/gguf.h"
#include "formats/hf_folder.h"
#include "formats/llama2c.h"
#include "model/architecture.h"
#include "model/families.h"

namespace bantam {

enum class ModelFormat { kGguf, kHfFolder, kLlama2c };

class Model {
 public:
  // A GGUF (or the first part of a split one), a Hugging Face folder, or a llama2.c checkpoint. Every tensor of the
  // architecture must be there with its exact shape (leading ones aside) and a type of real numbers, and no unknown
  // one; errors name file and tensor. Of a Hugging Face folder, buffers that hold no weights are passed over (inv_freq,
  // GPT-2's causal masks) and so is the lm_head of a tied model.
  static std::shared_ptr<const Model> Open(const std::filesystem::path& path);

  ModelFormat format() const { return format_; }
  const std::filesystem::path& path() const { return path_; }
  const Architecture& architecture() const { return architecture_; }
  const std::vector<TensorSpec>& tensors() const { return tensors_; }  // those present
  bool Has(std::string_view name) const;
  DType dtype(std::string_view name) const;  // as stored
  // The tensor in GGUF layout: zero copy from a GGUF; from other sources the stored type is kept where the layout
  // change allows it (F32 otherwise) and the copy belongs to the tensor.
  Tensor Load(std::string_view name) const;
  // Decoded to floats, checked for NaN and infinity (kNumeric naming tensor and index).
  std::vector<float> LoadFloats(std::string_view name) const;

  // For the tokenizer, the chat template and conversion: exactly one of these is set for its format.
  const GgufFile* gguf() const { return gguf_.get(); }
  const HfFolder* hf() const { return hf_ ? &*hf_ : nullptr; }
  const Llama2cSource* llama2c() const { return llama2c_.get(); }

 private:
  Model() = default;
  void OpenGguf();
  void OpenHf();
  void MatchHf(std::vector<HfTensorMap> maps);  // checks the checkpoint's tensors and fills hf_tensors_
  void OpenLlama2c();
  size_t IndexOf(std::string_view name) const;

  ModelFormat format_ = ModelFormat::kGguf;
  std::filesystem::path path_;
  Architecture architecture_;
  std::vector<TensorSpec> tensors_;
  std::map<std::string, size_t, std::less<>> index_;  // name -> place in tensors_
  std::vector<HfTensorMap> hf_tensors_;               // by place in tensors_; empty for other formats
  std::shared_ptr<const GgufFile> gguf_;
  std::optional<HfFolder> hf_;
  std::shared_ptr<const Llama2cSource> llama2c_;
};

}  // namespace bantam
