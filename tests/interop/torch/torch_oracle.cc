// bantam-torch-oracle CASE GRADIENTS: the gradients of a case (gradient_case.cc) by libtorch's autograd, in double.
//
// GRADIENTS is a safetensors file with the gradient of every parameter under its name, zeros where there is none, and
// "losses": the weighted negative log-likelihood, the router z-loss and the balance loss before their factors.
#include <torch/torch.h>

#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>

#include "tensor_file.h"
#include "torch_model.h"

namespace {

using Json = nlohmann::json;

TorchModel ReadModel(const Json& json, const std::map<std::string, at::Tensor>& tensors) {
  TorchModel model{json.at("layers"),
                   json.at("heads"),
                   json.at("kv_heads"),
                   json.at("norm_eps"),
                   json.at("qk_norm"),
                   json.at("rope_interleaved"),
                   json.at("rope_dim"),
                   json.at("rope_theta"),
                   json.at("attention_scale"),
                   json.at("windows").get<std::vector<int64_t>>(),
                   json.value("experts_used", int64_t{0}),
                   json.value("router_sigmoid", false),
                   json.value("normalize_weights", false),
                   json.value("weights_scale", 1.0),
                   {}};
  for (const auto& [name, tensor] : tensors) {
    if (name.rfind("batch.", 0) != 0) model.parameters[name] = tensor.to(at::kDouble).requires_grad_();
  }
  return model;
}

void Run(const std::string& case_path, const std::string& gradient_path) {
  const TensorFile file = ReadTensorFile(case_path);
  const Json json = Json::parse(file.metadata.at("case"));
  const TorchModel model = ReadModel(json, file.tensors);
  const TorchBatch batch{file.tensors.at("batch.tokens").to(at::kLong), file.tensors.at("batch.targets").to(at::kLong),
                         file.tensors.at("batch.weights").to(at::kDouble), file.tensors.at("batch.document_begin")};
  const TorchLosses losses = Losses(model, batch);
  const at::Tensor auxiliary =
      json.at("router_z_loss").get<double>() * losses.router_z + json.at("balance_loss").get<double>() * losses.balance;
  (json.at("loss_scale").get<double>() * losses.weighted_nll + json.at("auxiliary_scale").get<double>() * auxiliary)
      .backward();

  std::map<std::string, at::Tensor> results;
  for (const auto& [name, parameter] : model.parameters) {
    results[name] = parameter.grad().defined() ? parameter.grad() : torch::zeros_like(parameter);
  }
  results["losses"] = torch::stack({losses.weighted_nll, losses.router_z, losses.balance}).detach();
  WriteTensorFile(gradient_path, results);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: bantam-torch-oracle CASE GRADIENTS\n");
    return 2;
  }
  try {
    Run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
