// Random-weight models for the runtime's tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/rng.h"
#include "runtime/session.h"
#include "runtime/weights.h"
#include "tensor/codec.h"

namespace bantam::testing {

// A random Hugging Face folder of this name (testing/random_model.h), opened; one per name for the whole test program.
// Defined in session_test.cc.
std::shared_ptr<const Model> RandomModel(const std::string& name);

// A model whose matrices are stored in another type, as a converted file has them.
class EncodedSource : public WeightSource {
 public:
  EncodedSource(std::shared_ptr<const Model> model, DType dtype) : model_(std::move(model)), dtype_(dtype) {}

  Tensor Load(std::string_view name) const override {
    const Tensor tensor = model_->Load(name);
    const std::vector<float> values = ToFloats(tensor);
    std::byte* data = nullptr;
    Tensor encoded = Tensor::Allocate(dtype_, tensor.shape, &data);
    EncodeRow(dtype_, values.data(), data, tensor.elements());
    return encoded;
  }
  std::vector<float> LoadFloats(std::string_view name) const override { return model_->LoadFloats(name); }

 private:
  std::shared_ptr<const Model> model_;
  DType dtype_;
};

inline std::shared_ptr<const Weights> LoadAs(const std::string& name, DType dtype, Isa isa) {
  const auto model = RandomModel(name);
  return std::make_shared<Weights>(model->architecture(), EncodedSource(model, dtype), isa);
}

inline std::vector<int32_t> RandomTokens(int64_t count, int64_t vocabulary, uint64_t seed) {
  Rng rng(seed);
  std::vector<int32_t> tokens(static_cast<size_t>(count));
  for (int32_t& token : tokens) token = static_cast<int32_t>(rng.NextBelow(static_cast<uint64_t>(vocabulary)));
  return tokens;
}

}  // namespace bantam::testing
