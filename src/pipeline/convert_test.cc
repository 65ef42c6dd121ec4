#include "pipeline/convert.h"

#include <fmt/core.h>

#include <cmath>
#include <cstring>

#include "base/file.h"
#include "base/progress.h"
#include "base/rng.h"
#include "formats/gguf.h"
#include "model/gguf_metadata.h"
#include "tensor/codec.h"
#include "testing/random_model.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::TemporaryFolder;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr DType kTypes[] = {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0};

ThreadPool& OneThread() {
  Progress::SetEnabled(false);
  static ThreadPool pool(1);
  return pool;
}

std::shared_ptr<const Model> RandomModel(const std::filesystem::path& folder, const std::string& name = "llama") {
  bantam::testing::WriteRandomHfFolder(folder, {.name = name});
  return Model::Open(folder);
}

// A llama2.c checkpoint of one layer. Its feed-forward width of 40 does not divide into blocks of 32, and `first` is the
// first value of its embedding.
constexpr int32_t kDim = 64, kHidden = 40, kVocab = 3 + 256;

std::shared_ptr<const Model> TinyLlama2c(const std::filesystem::path& path, float first = 0.25f) {
  constexpr int32_t kHeads = 4, kKvHeads = 2, kContext = 16;
  const int32_t header[] = {kDim, kHidden, 1, kHeads, kKvHeads, kVocab, kContext};
  const int64_t values = kVocab * kDim + 2 * kDim + 2 * kDim * kDim + 2 * kDim * kDim / 2 + 3 * kDim * kHidden + kDim +
                         2 * kContext * (kDim / kHeads / 2);
  std::vector<float> weights(values);
  Rng rng(1);
  for (float& weight : weights) weight = static_cast<float>(rng.NextGaussian());
  weights[0] = first;
  std::string bytes(reinterpret_cast<const char*>(header), sizeof(header));
  bytes.append(reinterpret_cast<const char*>(weights.data()), weights.size() * sizeof(float));
  WriteFileAtomically(path, bytes);
  return Model::Open(path);
}

Vocabulary TinyVocabulary() {
  Llama2cTokenizer tokenizer{{"<unk>", "<s>", "</s>"}, std::vector<float>(kVocab)};
  for (int byte = 0; byte < 256; ++byte) tokenizer.tokens.push_back(fmt::format("<0x{:02X}>", byte));
  return Vocabulary::FromLlama2c(tokenizer);
}

std::string ReadBytes(const Model& model, std::string_view name) {
  const Tensor tensor = model.Load(name);
  return {reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()};
}

std::vector<float> Through(DType type, const Tensor& source) {
  std::vector<float> values = ToFloats(source);
  std::vector<std::byte> bytes(source.rows() * RowBytes(type, source.row_values()));
  EncodeRow(type, values.data(), bytes.data(), source.elements());
  DecodeRow(type, bytes.data(), values.data(), source.elements());
  return values;
}

TEST(ConvertTest, EveryTensorHasTheTypeOfItsRole) {
  const TemporaryFolder folder;
  // A model with experts, biases and a router has every role.
  const auto model = RandomModel(folder / "model", "qwen2moe");
  for (const DType type : kTypes) {
    SCOPED_TRACE(Name(type));
    const auto path = folder / "out.gguf";
    const ConvertReport report = Convert(*model, Vocabulary::FromHf(*model->hf()), {.type = type}, path, OneThread());
    EXPECT_EQ(report.file_bytes, std::filesystem::file_size(path));
    EXPECT_EQ(report.fallbacks(), 0);
    const auto result = Model::Open(path);
    EXPECT_EQ(result->architecture(), model->architecture());
    uint64_t tensor_bytes = 0;
    ASSERT_EQ(result->tensors().size(), model->tensors().size());
    for (const TensorSpec& spec : model->tensors()) {
      SCOPED_TRACE(spec.name);
      const bool small = spec.shape.size() < 2 || spec.role == TensorRole::kRouter;
      EXPECT_EQ(result->dtype(spec.name), small ? DType::kF32 : type);
      const Tensor written = result->Load(spec.name);
      EXPECT_EQ(ToFloats(written), Through(written.dtype, model->Load(spec.name)));
      tensor_bytes += written.bytes.size();
    }
    EXPECT_EQ(report.tensor_bytes, tensor_bytes);
  }
}

TEST(ConvertTest, EveryFamilyComesBackEqual) {
  for (const std::string& name : bantam::testing::RandomModelNames()) {
    SCOPED_TRACE(name);
    const TemporaryFolder folder;
    const auto model = RandomModel(folder / "model", name);
    Convert(*model, Vocabulary::FromHf(*model->hf()), {.type = DType::kF32}, folder / "out.gguf", OneThread());
    const auto result = Model::Open(folder / "out.gguf");
    EXPECT_EQ(result->architecture(), GgufArchitecture(model->architecture()));
    for (const TensorSpec& spec : model->tensors()) {
      EXPECT_EQ(result->LoadFloats(spec.name), model->LoadFloats(spec.name)) << spec.name;
    }
  }
}

TEST(ConvertTest, ATiedModelWithoutATiedGgufGetsAHead) {
  const TemporaryFolder folder;
  const auto model = RandomModel(folder / "model", "dots1:tied");
  ASSERT_FALSE(model->Has("output.weight"));
  const ConvertReport report =
      Convert(*model, Vocabulary::FromHf(*model->hf()), {.type = DType::kQ8_0}, folder / "out.gguf", OneThread());
  const auto result = Model::Open(folder / "out.gguf");
  EXPECT_EQ(ReadBytes(*result, "output.weight"), ReadBytes(*result, "token_embd.weight"));
  EXPECT_EQ(report.file_bytes, std::filesystem::file_size(folder / "out.gguf"));
  uint64_t source_bytes = 0;
  for (const TensorSpec& spec : model->tensors()) source_bytes += model->Load(spec.name).bytes.size();
  EXPECT_EQ(report.source_bytes, source_bytes);  // the embedding counts once
  EXPECT_EQ(report.copied_bytes(), result->Load("output.weight").bytes.size());
  EXPECT_EQ(ToJson(report)["copied_bytes"], report.copied_bytes());
  const Json json = ToJson(report);
  for (const Json& tensor : json["tensors"]) {
    EXPECT_EQ(tensor["copy_of"], tensor["name"] == "output.weight" ? Json("token_embd.weight") : Json());
  }
  // The GGUF has a head of its own, so that converting it again copies nothing.
  EXPECT_EQ(Convert(*result, {}, {.type = DType::kF16}, folder / "f16.gguf", OneThread()).copied_bytes(), 0u);
}

TEST(ConvertTest, StatesTheFileTypeOfLlamaCpp) {
  const TemporaryFolder folder;
  const auto model = TinyLlama2c(folder / "model.bin");
  const uint64_t file_types[] = {0, 1, 32, 7, 2};  // llama.h, enum llama_ftype, in the order of kTypes
  for (size_t i = 0; i < std::size(kTypes); ++i) {
    Convert(*model, TinyVocabulary(), {.type = kTypes[i]}, folder / "out.gguf", OneThread());
    const auto file = GgufFile::Open(folder / "out.gguf");
    const GgufMetadata& metadata = file->metadata();
    EXPECT_EQ(metadata.GetUint("general.file_type"), file_types[i]);
    EXPECT_EQ(metadata.GetUint("general.quantization_version", 0), i < 3 ? 0u : 2u);
    EXPECT_EQ(metadata.GetString("general.architecture"), "llama");
    EXPECT_EQ(metadata.GetString("general.name"), "model");
    EXPECT_EQ(metadata.GetStrings("tokenizer.ggml.tokens").size(), static_cast<size_t>(kVocab));
  }
}

TEST(ConvertTest, RowsThatDoNotDivideIntoBlocksBecomeF16) {
  const TemporaryFolder folder;
  const auto model = TinyLlama2c(folder / "model.bin");
  const ConvertReport report =
      Convert(*model, TinyVocabulary(), {.type = DType::kQ8_0}, folder / "out.gguf", OneThread());
  EXPECT_EQ(report.fallbacks(), 1);
  for (const ConvertedTensor& tensor : report.tensors) {
    EXPECT_EQ(tensor.fallback, tensor.name == "blk.0.ffn_down.weight") << tensor.name;
  }
  EXPECT_EQ(Model::Open(folder / "out.gguf")->dtype("blk.0.ffn_down.weight"), DType::kF16);
  EXPECT_EQ(ToJson(report)["fallbacks"], 1);
}

TEST(ConvertTest, BytesDoNotDependOnThreads) {
  const TemporaryFolder folder;
  const auto model = RandomModel(folder / "model");
  const Vocabulary vocabulary = Vocabulary::FromHf(*model->hf());
  ThreadPool three(3);
  Convert(*model, vocabulary, {.type = DType::kQ4_0}, folder / "one.gguf", OneThread());
  Convert(*model, vocabulary, {.type = DType::kQ4_0}, folder / "three.gguf", three);
  EXPECT_EQ(ReadFile(folder / "one.gguf"), ReadFile(folder / "three.gguf"));
}

TEST(ConvertTest, AGgufKeepsItsMetadata) {
  const TemporaryFolder folder;
  const auto model = RandomModel(folder / "model");
  Convert(*model, Vocabulary::FromHf(*model->hf()), {.type = DType::kF16}, folder / "f16.gguf", OneThread());
  const auto f16 = Model::Open(folder / "f16.gguf");
  // The same type again changes no byte; another type changes what states it and nothing else.
  Convert(*f16, {}, {.type = DType::kF16}, folder / "again.gguf", OneThread());
  EXPECT_EQ(ReadFile(folder / "again.gguf"), ReadFile(folder / "f16.gguf"));
  Convert(*f16, {}, {.type = DType::kQ8_0}, folder / "q8.gguf", OneThread());
  Convert(*Model::Open(folder / "q8.gguf"), {}, {.type = DType::kF16}, folder / "back.gguf", OneThread());
  const auto before = GgufFile::Open(folder / "f16.gguf"), after = GgufFile::Open(folder / "back.gguf");
  ASSERT_EQ(after->metadata().entries().size(), before->metadata().entries().size());
  for (size_t i = 0; i < before->metadata().entries().size(); ++i) {
    EXPECT_EQ(after->metadata().entries()[i].first, before->metadata().entries()[i].first);
  }
}

TEST(ConvertTest, QuantisingTwiceNeedsLeave) {
  const TemporaryFolder folder;
  const auto model = TinyLlama2c(folder / "model.bin");
  Convert(*model, TinyVocabulary(), {.type = DType::kQ8_0}, folder / "q8.gguf", OneThread());
  const auto q8 = Model::Open(folder / "q8.gguf");
  EXPECT_BANTAM_ERROR(Convert(*q8, {}, {.type = DType::kQ4_0}, folder / "q4.gguf", OneThread()),
                      ErrorCode::kUnsupported, AllOf(HasSubstr("token_embd.weight"), HasSubstr("--allow-requantize")));
  EXPECT_FALSE(std::filesystem::exists(folder / "q4.gguf"));
  Convert(*q8, {}, {.type = DType::kQ4_0, .allow_requantize = true}, folder / "q4.gguf", OneThread());
  EXPECT_EQ(Model::Open(folder / "q4.gguf")->dtype("token_embd.weight"), DType::kQ4_0);
  // To floats nothing is lost.
  Convert(*q8, {}, {.type = DType::kF32}, folder / "f32.gguf", OneThread());
  EXPECT_EQ(Model::Open(folder / "f32.gguf")->LoadFloats("token_embd.weight"), q8->LoadFloats("token_embd.weight"));
}

TEST(ConvertTest, NeedsATokenizer) {
  const TemporaryFolder folder;
  const auto model = TinyLlama2c(folder / "model.bin");
  EXPECT_BANTAM_ERROR(Convert(*model, {}, {}, folder / "out.gguf", OneThread()), ErrorCode::kUsage,
                      HasSubstr("--tokenizer"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out.gguf"));
}

TEST(ConvertTest, RefusesTypesItCannotWrite) {
  const TemporaryFolder folder;
  const auto model = TinyLlama2c(folder / "model.bin");
  EXPECT_BANTAM_ERROR(PlanConversion(*model, {.type = DType::kQ6_K}), ErrorCode::kUnsupported, HasSubstr("Q6_K"));
}

// Each type's own limit: the first magnitude that is no longer finite fails, the float below it passes.
TEST(ConvertTest, RefusesWeightsThatTheTypeCannotHold) {
  struct Case {
    DType type;
    float too_large;
  };
  const Case cases[] = {{DType::kF16, 65520.0f},         {DType::kBF16, 0x1.ffp127f}, {DType::kQ8_0, 65520.0f * 127.0f},
                        {DType::kQ4_0, 65520.0f * 8.0f}, {DType::kF32, INFINITY},     {DType::kF16, NAN}};
  for (const Case& c : cases) {
    SCOPED_TRACE(::testing::Message() << Name(c.type) << " " << c.too_large);
    const TemporaryFolder folder;
    EXPECT_BANTAM_ERROR(Convert(*TinyLlama2c(folder / "model.bin", c.too_large), TinyVocabulary(), {.type = c.type},
                                folder / "out.gguf", OneThread()),
                        ErrorCode::kNumeric, HasSubstr("token_embd.weight[0]"));
    std::filesystem::remove(folder / "model.bin");
    EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
    if (!std::isfinite(c.too_large)) continue;
    const float below = std::nextafter(c.too_large, 0.0f);
    Convert(*TinyLlama2c(folder / "model.bin", below), TinyVocabulary(), {.type = c.type}, folder / "out.gguf",
            OneThread());
    EXPECT_NO_THROW(Model::Open(folder / "out.gguf")->LoadFloats("token_embd.weight"));
  }
}

TEST(ConvertTest, CarriesTheModelCardOver) {
  const TemporaryFolder folder;
  bantam::testing::WriteRandomHfFolder(folder / "model", {});
  WriteFileAtomically(folder / "model" / "README.md", "---\nlicense: mit\nbase_model: org/base\n---\n# Title\n");
  const auto model = Model::Open(folder / "model/");
  Convert(*model, Vocabulary::FromHf(*model->hf()), {}, folder / "out.gguf", OneThread());
  const auto file = GgufFile::Open(folder / "out.gguf");
  EXPECT_EQ(file->metadata().GetString("general.license"), "mit");
  EXPECT_EQ(file->metadata().GetString("general.base_model.0.name"), "base");
  EXPECT_EQ(file->metadata().GetString("general.name"), "model");
}

TEST(ConvertTest, AFailedWriteLeavesNothing) {
  const TemporaryFolder folder;
  const auto model = TinyLlama2c(folder / "model.bin");
  EXPECT_BANTAM_ERROR(Convert(*model, TinyVocabulary(), {}, folder / "missing" / "out.gguf", OneThread()),
                      ErrorCode::kIo, HasSubstr("out.gguf"));
}

}  // namespace
}  // namespace bantam
