// safetensors files as maps of torch tensors: just enough for the oracle, and no line of Bantam's own reader.
#pragma once

#include <torch/torch.h>

#include <map>
#include <string>

struct TensorFile {
  std::map<std::string, at::Tensor> tensors;
  std::map<std::string, std::string> metadata;
};

// F32, F64, I32 and I64; std::runtime_error for anything else or a file that ends too early.
TensorFile ReadTensorFile(const std::string& path);

// Every tensor as F64.
void WriteTensorFile(const std::string& path, const std::map<std::string, at::Tensor>& tensors);
