#include "model/model.h"

#include <cmath>
#include <functional>

#include "base/file.h"
#include "formats/safetensors.h"
#include "model/gguf_metadata.h"
#include "tensor/codec.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

testing::RandomModelOptions Options(const std::string& name, DType dtype = DType::kF32) {
  testing::RandomModelOptions options;
  options.name = name;
  options.dtype = dtype;
  return options;
}

// What a GGUF tensor holds at `index`, read from the checkpoint by the definition of each layout.
float Expected(const HfTensorMap& map, const Shape& shape, int64_t index, const HfFolder& folder, int64_t head_dim) {
  const auto value = [&](size_t source, int64_t at) {
    return ToFloats(folder.weights->Load(map.hf_names[source]))[at];
  };
  const int64_t columns = shape.size() == 1 ? 1 : shape.back();
  const int64_t row = index / columns, column = index % columns;
  switch (map.transform) {
    case HfTransform::kNone:
      return value(0, index);
    case HfTransform::kAddOne:
      return value(0, index) + 1.0F;
    case HfTransform::kTranspose:
      return value(0, column * shape[0] + row);
    case HfTransform::kPermuteHeads: {  // GGUF row 2i + j of a head is checkpoint row i + j * head_dim / 2
      const int64_t head = row / head_dim, i = row % head_dim / 2, j = row % 2;
      return value(0, (head * head_dim + i + j * head_dim / 2) * columns + column);
    }
    case HfTransform::kStackExperts: {
      const int64_t per_expert = shape[1] * shape[2];
      return value(static_cast<size_t>(index / per_expert), index % per_expert);
    }
  }
  return NAN;
}

TEST(Model, TensorsOfAFolderAreTheCheckpointsInGgufLayout) {
  for (const std::string& name : testing::RandomModelNames()) {
    const testing::TemporaryFolder folder;
    // BF16 everywhere; every third model in shards.
    testing::RandomModelOptions options = Options(name, DType::kBF16);
    options.shards = name.size() % 3 == 0 ? 3 : 1;
    testing::WriteRandomHfFolder(folder.path(), options);
    const auto model = Model::Open(folder.path());
    const Architecture& a = model->architecture();
    EXPECT_EQ(model->format(), ModelFormat::kHfFolder);
    EXPECT_EQ(model->tensors(), TensorSpecs(a)) << name;
    const std::vector<HfTensorMap> maps = FamilyFor(a).HfTensors(a);
    size_t next = 0;
    for (const TensorSpec& spec : model->tensors()) {
      const Tensor tensor = model->Load(spec.name);
      ASSERT_EQ(tensor.shape, spec.shape) << name << " " << spec.name;
      const std::vector<float> values = model->LoadFloats(spec.name);
      if (spec.role == TensorRole::kRopeFactors) {
        EXPECT_EQ(values, a.rope_freq_factors);
        continue;
      }
      const HfTensorMap& map = maps.at(next++);
      ASSERT_EQ(map.gguf_name, spec.name);
      EXPECT_EQ(model->dtype(spec.name), DType::kBF16);
      EXPECT_EQ(tensor.dtype, map.transform == HfTransform::kAddOne ? DType::kF32 : DType::kBF16) << spec.name;
      // 97 is prime to every dimension: the samples reach all rows, columns and experts.
      const int64_t step = std::max<int64_t>(1, static_cast<int64_t>(values.size()) / 40) / 97 * 97 + 97;
      for (int64_t i = 0; i < static_cast<int64_t>(values.size()); i += step) {
        ASSERT_EQ(values[i], Expected(map, spec.shape, i, *model->hf(), a.head_dim))
            << name << " " << spec.name << " " << i;
      }
    }
    EXPECT_EQ(next, maps.size());
  }
}

void WriteGguf(const std::filesystem::path& path, const Model& model,
               const std::function<void(GgufMetadata&)>& edit = {}, const std::string& skip = "",
               const std::vector<TensorSpec>& extra = {}) {
  GgufMetadata metadata;
  WriteArchitecture(model.architecture(), metadata);
  if (edit) edit(metadata);
  GgufWriter writer(path, metadata);
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const TensorSpec& spec : model.tensors()) {
    if (spec.name != skip) tensors.emplace_back(spec.name, model.Load(spec.name));
  }
  for (const TensorSpec& spec : extra) {
    tensors.emplace_back(spec.name, Tensor::FromFloats(spec.shape, std::vector<float>(ElementCount(spec.shape))));
  }
  for (const auto& [name, tensor] : tensors) writer.Declare(name, tensor.dtype, tensor.shape);
  writer.Begin();
  for (const auto& [name, tensor] : tensors) writer.WriteTensor(name, tensor.bytes);
  writer.Commit();
}

TEST(Model, AGgufOfAFolderIsTheSameModel) {
  for (const std::string& name : testing::RandomModelNames()) {
    const testing::TemporaryFolder folder;
    testing::WriteRandomHfFolder(folder / "hf", Options(name));
    const auto source = Model::Open(folder / "hf");
    if (GgufArchitecture(source->architecture()) != source->architecture()) continue;  // conversion adds a head
    WriteGguf(folder / "model.gguf", *source);
    const auto model = Model::Open(folder / "model.gguf");
    EXPECT_EQ(model->format(), ModelFormat::kGguf);
    EXPECT_TRUE(model->architecture() == source->architecture()) << name;
    EXPECT_EQ(model->tensors(), source->tensors());
    for (const TensorSpec& spec : model->tensors()) {
      EXPECT_EQ(model->LoadFloats(spec.name), source->LoadFloats(spec.name)) << name << " " << spec.name;
    }
    EXPECT_TRUE(model->Has("token_embd.weight"));
    EXPECT_FALSE(model->Has("token_embd"));
    EXPECT_BANTAM_ERROR(model->Load("token_embd"), ErrorCode::kUsage, HasSubstr("no tensor token_embd"));
  }
}

TEST(Model, CheckpointsWithoutPrefixAndWithBuffers) {
  for (const std::string name : {"llama", "gpt2"}) {
    const testing::TemporaryFolder folder;
    testing::WriteRandomHfFolder(folder / "full", Options(name));
    testing::RandomModelOptions bare = Options(name);
    bare.bare = true;
    testing::WriteRandomHfFolder(folder / "bare", bare);
    const auto full = Model::Open(folder / "full"), stripped = Model::Open(folder / "bare");
    for (const TensorSpec& spec : full->tensors())
      EXPECT_EQ(full->LoadFloats(spec.name), stripped->LoadFloats(spec.name));
  }
}

// Rewrites a random folder's weights.
using Entries = std::vector<SafetensorsEntry>;
void EditWeights(const std::filesystem::path& folder, const std::function<void(Entries&)>& edit) {
  Entries entries;
  {
    const auto source = SafetensorsSource::OpenFile(folder / "model.safetensors");
    for (const TensorEntry& entry : source->entries()) entries.push_back({entry.name, source->Load(entry.name)});
  }
  edit(entries);
  WriteSafetensors(folder / "model.safetensors", entries);
}

SafetensorsEntry& At(Entries& entries, const std::string& name) {
  for (SafetensorsEntry& entry : entries) {
    if (entry.name == name) return entry;
  }
  throw std::out_of_range(name);
}

void Add(Entries& entries, const std::string& name, Shape shape) {
  const std::vector<float> values(ElementCount(shape));
  entries.push_back({name, Tensor::FromFloats(std::move(shape), values)});
}

TEST(Model, BuffersAndTheHeadOfATiedModelArePassedOver) {
  const testing::TemporaryFolder folder;
  testing::WriteRandomHfFolder(folder / "llama", Options("llama:tied"));
  EditWeights(folder / "llama", [](Entries& entries) {
    Add(entries, "model.layers.0.self_attn.rotary_emb.inv_freq", {8});
    Add(entries, "lm_head.weight", {512, 96});
  });
  const auto llama = Model::Open(folder / "llama");
  EXPECT_FALSE(llama->Has("output.weight"));

  testing::RandomModelOptions bare = Options("gpt2");
  bare.bare = true;
  testing::WriteRandomHfFolder(folder / "gpt2", bare);
  EditWeights(folder / "gpt2", [](Entries& entries) {
    Add(entries, "h.0.attn.bias", {1, 1, 256, 256});
    Add(entries, "h.0.attn.masked_bias", {1});
  });
  EXPECT_EQ(Model::Open(folder / "gpt2")->tensors().size(), 2U + 3U * 12U + 2U);
}

TEST(Model, LeadingOnesDoNotMatter) {
  const testing::TemporaryFolder folder;
  testing::WriteRandomHfFolder(folder.path(), Options("qwen2moe"));
  EditWeights(folder.path(), [](Entries& entries) {
    At(entries, "model.layers.0.mlp.shared_expert_gate.weight").tensor.shape = {1, 64};  // as transformers stores it
  });
  EXPECT_EQ(Model::Open(folder.path())->Load("blk.0.ffn_gate_inp_shexp.weight").shape, (Shape{64}));
}

TEST(Model, BadCheckpointsAreNamed) {
  struct Case {
    const char* model;
    std::function<void(Entries&)> spoil;
    ErrorCode code;
    std::vector<const char*> messages;
  };
  const Case cases[] = {
      {"llama", [](Entries& e) { e.erase(e.begin()); }, ErrorCode::kFormat, {"is missing"}},
      {"llama", [](Entries& e) { e.resize(3); }, ErrorCode::kFormat, {"is missing (and "}},
      {"llama",
       [](Entries& e) { Add(e, "model.layers.0.self_attn.q_proj.bias", {96}); },
       ErrorCode::kFormat,
       {"tensor model.layers.0.self_attn.q_proj.bias is not part of a llama"}},
      {"llama",
       [](Entries& e) { Add(e, "model.layers.3.input_layernorm.weight", {96}); },
       ErrorCode::kFormat,
       {"model.layers.3.input_layernorm.weight is not part"}},
      {"qwen3moe",
       [](Entries& e) { Add(e, "model.layers.0.mlp.experts.gate_up_proj", {8, 128, 64}); },
       ErrorCode::kFormat,
       {"experts.gate_up_proj", "one tensor per expert"}},
      {"llama",
       [](Entries& e) { At(e, "model.norm.weight").tensor.shape = {48, 2}; },
       ErrorCode::kFormat,
       {"tensor model.norm.weight has shape [48, 2], the architecture needs [96]"}},
      {"gpt2",
       [](Entries& e) {
         Tensor& weight = At(e, "transformer.h.0.mlp.c_fc.weight").tensor;
         std::swap(weight.shape[0], weight.shape[1]);
       },
       ErrorCode::kFormat,
       {"transformer.h.0.mlp.c_fc.weight has shape [384, 96], the architecture needs [96, 384]"}},
      {"mixtral",
       [](Entries& e) { At(e, "model.layers.0.block_sparse_moe.experts.7.w2.weight").tensor.shape = {96, 64}; },
       ErrorCode::kFormat,
       {"experts.7.w2.weight has shape [96, 64]"}},
      {"llama",
       [](Entries& e) { At(e, "model.norm.weight").tensor.dtype = DType::kI32; },
       ErrorCode::kFormat,
       {"tensor model.norm.weight holds I32, not real numbers"}},
  };
  for (const Case& c : cases) {
    const testing::TemporaryFolder folder;
    testing::WriteRandomHfFolder(folder.path(), Options(c.model));
    EditWeights(folder.path(), c.spoil);
    for (const char* message : c.messages) {
      EXPECT_BANTAM_ERROR(Model::Open(folder.path()), c.code,
                          AllOf(HasSubstr(message), HasSubstr(folder.path().filename().string())));
    }
  }
}

TEST(Model, NanAndInfinityAreNamed) {
  for (const float bad : {NAN, INFINITY, -INFINITY}) {
    const testing::TemporaryFolder folder;
    testing::WriteRandomHfFolder(folder.path(), Options("llama"));
    EditWeights(folder.path(), [&](Entries& entries) {
      std::vector<float> values(96, 1.0F);
      values[41] = bad;
      At(entries, "model.norm.weight").tensor = Tensor::FromFloats({96}, values);
    });
    const auto model = Model::Open(folder.path());
    EXPECT_BANTAM_ERROR(model->LoadFloats("output_norm.weight"), ErrorCode::kNumeric,
                        HasSubstr(std::isnan(bad) ? "output_norm.weight, element 41: NaN"
                                                  : "output_norm.weight, element 41: infinity"));
    EXPECT_EQ(model->LoadFloats("blk.0.attn_norm.weight").size(), 96U);
  }
}

TEST(Model, AnAbsurdConfigBesideASmallCheckpoint) {
  const testing::TemporaryFolder folder;
  testing::WriteRandomHfFolder(folder.path(), Options("mixtral"));
  Json config = testing::RandomModelConfig("mixtral");
  config["num_hidden_layers"] = 512;
  config["num_local_experts"] = 1024;
  WriteFileAtomically(folder / "config.json", DumpJson(config));
  EXPECT_BANTAM_ERROR(Model::Open(folder.path()), ErrorCode::kFormat,
                      HasSubstr("config.json describes 1576451 tensors, the checkpoint has 96"));
}

TEST(Model, BadGgufsAreNamed) {
  const testing::TemporaryFolder folder;
  testing::WriteRandomHfFolder(folder / "hf", Options("mixtral"));
  const auto source = Model::Open(folder / "hf");
  const std::filesystem::path path = folder / "model.gguf";
  const auto expect = [&](ErrorCode code, const char* message) {
    EXPECT_BANTAM_ERROR(Model::Open(path), code, AllOf(HasSubstr(message), HasSubstr("model.gguf")));
  };
  WriteGguf(path, *source, {}, "blk.1.attn_k.weight");
  expect(ErrorCode::kFormat, "tensor blk.1.attn_k.weight is missing");
  WriteGguf(path, *source, {}, "", {{"blk.1.attn_k.scale", {1}}});
  expect(ErrorCode::kFormat, "tensor blk.1.attn_k.scale is not part of architecture llama");
  WriteGguf(path, *source, {}, "blk.0.ffn_gate_exps.weight", {{"blk.0.ffn_gate.0.weight", {96, 64}}});
  expect(ErrorCode::kFormat, "one tensor per expert is a layout of 2023");
  WriteGguf(path, *source, {}, "blk.0.attn_q.weight", {{"blk.0.attn_qkv.weight", {128, 64}}});
  expect(ErrorCode::kFormat, "--fuse-qkv");
  WriteGguf(path, *source, {}, "output_norm.weight", {{"output_norm.weight", {65}}});
  expect(ErrorCode::kFormat, "tensor output_norm.weight has shape [65], the architecture needs [64]");
  WriteGguf(path, *source, [](GgufMetadata& m) { m.Set("llama.expert_count", GgufValue::U32(4)); });
  expect(ErrorCode::kFormat, "tensor blk.0.ffn_gate_inp.weight has shape [8, 64], the architecture needs [4, 64]");
  WriteGguf(path, *source, [](GgufMetadata& m) { m.Set("llama.vocab_size", GgufValue::U32(513)); });
  expect(ErrorCode::kFormat, "tensor token_embd.weight has shape [512, 64]");
  WriteGguf(path, *source, [](GgufMetadata& m) { m.Set("general.architecture", GgufValue::String("rwkv7")); });
  expect(ErrorCode::kUnsupported, "unknown general.architecture \"rwkv7\"");
}

TEST(Model, WhatIsNoModel) {
  const testing::TemporaryFolder folder;
  EXPECT_BANTAM_ERROR(Model::Open(folder.path()), ErrorCode::kFormat, HasSubstr("no config.json"));
  EXPECT_BANTAM_ERROR(Model::Open(folder / "absent.gguf"), ErrorCode::kIo, HasSubstr("absent.gguf"));
  WriteFileAtomically(folder / "x.safetensors", "abc");
  EXPECT_BANTAM_ERROR(Model::Open(folder / "x.safetensors"), ErrorCode::kUsage, HasSubstr("config.json"));
  WriteFileAtomically(folder / "text.txt", "not a model, but long enough to hold a llama2.c header");
  EXPECT_BANTAM_ERROR(Model::Open(folder / "text.txt"), ErrorCode::kFormat, HasSubstr("text.txt"));
  std::filesystem::remove(folder / "x.safetensors");
  WriteFileAtomically(folder / "config.json", DumpJson(testing::RandomModelConfig("llama")));
  EXPECT_BANTAM_ERROR(Model::Open(folder.path()), ErrorCode::kIo, HasSubstr("no weights"));
}

TEST(Model, Llama2c) {
  BANTAM_NEEDS_DATA();
  const auto model = Model::Open(testing::DataFolder() / "models/stories260K/stories260K.bin");
  const Architecture& a = model->architecture();
  EXPECT_EQ(model->format(), ModelFormat::kLlama2c);
  EXPECT_EQ(a.family, "llama");
  EXPECT_EQ(a.layers, 5);
  EXPECT_EQ(a.d_model, 64);
  EXPECT_EQ(a.heads, 8);
  EXPECT_EQ(a.kv_heads, 4);
  EXPECT_EQ(a.head_dim, 8);
  EXPECT_EQ(a.d_ff, 172);
  EXPECT_EQ(a.vocab_size, 512);
  EXPECT_EQ(a.context_length, 512);
  EXPECT_TRUE(a.tied_embeddings);
  EXPECT_EQ(a.rope_style, RopeStyle::kInterleaved);
  EXPECT_EQ(a.norm_eps, static_cast<double>(1e-5F));
  EXPECT_EQ(model->tensors().size(), 1U + 5U * 9U + 1U);

  // Through a GGUF it is the same model.
  const testing::TemporaryFolder folder;
  WriteGguf(folder / "stories.gguf", *model);
  const auto again = Model::Open(folder / "stories.gguf");
  EXPECT_TRUE(again->architecture() == a);
  for (const TensorSpec& spec : model->tensors()) EXPECT_EQ(again->LoadFloats(spec.name), model->LoadFloats(spec.name));
}

TEST(RandomModel, IsReproducible) {
  const testing::TemporaryFolder folder;
  testing::RandomModelOptions options = Options("dots1", DType::kF16);
  testing::WriteRandomHfFolder(folder / "a", options);
  testing::WriteRandomHfFolder(folder / "b", options);
  options.seed = 2;
  testing::WriteRandomHfFolder(folder / "c", options);
  EXPECT_EQ(ReadFile(folder / "a" / "model.safetensors"), ReadFile(folder / "b" / "model.safetensors"));
  EXPECT_NE(ReadFile(folder / "a" / "model.safetensors"), ReadFile(folder / "c" / "model.safetensors"));
  EXPECT_EQ(ReadFile(folder / "a" / "tokenizer.json"), ReadFile(folder / "c" / "tokenizer.json"));
  EXPECT_BANTAM_ERROR(testing::RandomModelConfig("llama4"), ErrorCode::kUsage, HasSubstr("known: llama, "));
}

}  // namespace
}  // namespace bantam
