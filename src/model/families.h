// The registry of model families. Each file in families/ implements one Family; adding a family adds a file and one
// line in families.cc.
//
// The truth for GGUF keys, names and meaning is llama.cpp's loader (src/models/<architecture>.cpp): what ToGguf writes
// loads there and means the same, what its converter writes loads here. An architecture that llama.cpp has no words for
// can still be read from a config.json and run; ToGguf then refuses it with kUnsupported.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "formats/gguf.h"
#include "model/architecture.h"

namespace bantam {

// How the tensors of a Hugging Face checkpoint become one GGUF tensor. Every transform can be undone.
enum class HfTransform {
  kNone,
  kPermuteHeads,  // rows of q or k from half-split to interleaved RoPE pairs, per head (`heads` of them)
  kTranspose,     // GPT-2's Conv1D stores [in, out]
  kAddOne,        // Gemma stores the norm gain minus one
  kStackExperts,  // one [out, in] tensor per expert, stacked to [experts, out, in]
};
struct HfTensorMap {
  std::string gguf_name;
  std::vector<std::string> hf_names;  // one, or one per expert
  HfTransform transform = HfTransform::kNone;
  int64_t heads = 0;
};

// One row of a family's name table. '#' stands for the layer, '*' in the Hugging Face name for the expert.
struct HfName {
  std::string_view gguf, hf;
  HfTransform transform = HfTransform::kNone;
};

// What FromGguf asks the file itself: some switches stand nowhere in the metadata, only the presence of a tensor tells
// (biases, a head of its own), and the RoPE frequency factors are a tensor.
struct GgufTensors {
  std::function<std::optional<Shape>(std::string_view name)> shape;  // nullopt: not in the file
  std::function<std::vector<float>(std::string_view name)> floats;   // of a tensor that is there
  bool Has(std::string_view name) const { return shape(name).has_value(); }
};

class Family {
 public:
  virtual ~Family() = default;
  virtual std::string_view gguf_name() const = 0;                    // general.architecture
  virtual std::vector<std::string_view> hf_model_types() const = 0;  // config.json's model_type values
  // Whether an architecture whose family is gguf_name() is this one's (llama.cpp's "llama" is Llama and Mixtral).
  virtual bool Owns(const Architecture& architecture) const { return architecture.family == gguf_name(); }

  // All return validated architectures. kFormat for missing, wrongly typed or senseless values, kUnsupported for
  // switches that Architecture cannot express; both name the key and the file.
  virtual Architecture FromHf(const Json& config, const std::string& where) const = 0;
  virtual Architecture FromGguf(const GgufMetadata& metadata, const GgufTensors& tensors) const = 0;
  // Sets every key that llama.cpp reads for this architecture, general.architecture and general.name included; the
  // tokenizer's keys and general.file_type are others' business.
  virtual void ToGguf(const Architecture& architecture, GgufMetadata& metadata) const = 0;
  // llama.cpp's loader wants output.weight even where it would equal token_embd.weight (GgufArchitecture).
  virtual bool GgufNeedsHead() const { return false; }
  // config.json of an equal model: FromHf gives the same architecture back, apart from its name.
  virtual Json ToHf(const Architecture& architecture) const = 0;

  // Where each tensor of TensorSpecs comes from in a Hugging Face checkpoint; rope_freqs.weight has no source there.
  std::vector<HfTensorMap> HfTensors(const Architecture& architecture) const;
  // Checkpoints of the bare decoder, saved without its head, lack this in front of every name: "model.",
  // "transformer.".
  virtual std::string_view hf_prefix() const { return "model."; }

 protected:
  virtual std::vector<HfName> HfNames() const = 0;  // the last row for a GGUF name counts
};

const std::vector<const Family*>& AllFamilies();
// kUnsupported listing the known ones.
const Family& FamilyForHf(const Json& config, const std::string& where);
const Family& FamilyForGguf(const GgufMetadata& metadata);
const Family& FamilyFor(const Architecture& architecture);

}  // namespace bantam
