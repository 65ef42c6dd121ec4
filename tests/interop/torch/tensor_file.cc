#include "tensor_file.h"

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;

at::ScalarType TypeOf(const std::string& name) {
  static const std::map<std::string, at::ScalarType> types{
      {"F32", at::kFloat}, {"F64", at::kDouble}, {"I32", at::kInt}, {"I64", at::kLong}};
  return types.at(name);
}

}  // namespace

TensorFile ReadTensorFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  const std::string bytes = text.str();
  uint64_t header_bytes = 0;
  if (!file || bytes.size() < sizeof(header_bytes)) throw std::runtime_error(path + ": cannot be read");
  std::memcpy(&header_bytes, bytes.data(), sizeof(header_bytes));
  const size_t data = sizeof(header_bytes) + header_bytes;
  const Json header = Json::parse(bytes.substr(sizeof(header_bytes), header_bytes));
  TensorFile result;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      result.metadata = entry.get<std::map<std::string, std::string>>();
      continue;
    }
    const auto shape = entry.at("shape").get<std::vector<int64_t>>();
    const auto range = entry.at("data_offsets").get<std::vector<uint64_t>>();
    at::Tensor tensor = torch::empty(shape, TypeOf(entry.at("dtype")));
    if (range.at(1) - range.at(0) != tensor.nbytes() || data + range[1] > bytes.size()) {
      throw std::runtime_error(path + ": " + name + " is not where the header says");
    }
    std::memcpy(tensor.data_ptr(), bytes.data() + data + range[0], tensor.nbytes());
    result.tensors[name] = tensor;
  }
  return result;
}

void WriteTensorFile(const std::string& path, const std::map<std::string, at::Tensor>& tensors) {
  Json header = Json::object();
  uint64_t offset = 0;
  for (const auto& [name, tensor] : tensors) {
    const uint64_t end = offset + tensor.numel() * sizeof(double);
    header[name] = {{"dtype", "F64"}, {"shape", tensor.sizes().vec()}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  const uint64_t header_bytes = text.size();
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(&header_bytes), sizeof(header_bytes));
  file << text;
  for (const auto& [name, tensor] : tensors) {
    const at::Tensor values = tensor.to(at::kDouble).contiguous();
    file.write(static_cast<const char*>(values.data_ptr()), static_cast<std::streamsize>(values.nbytes()));
  }
  if (!file.flush()) throw std::runtime_error(path + ": cannot be written");
}
