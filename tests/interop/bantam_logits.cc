// Prints raw logits for the interop tests: bantam-logits MODEL ENGINE TOKENS OUT [KV]
//
// ENGINE is transformer, runtime or naive; TOKENS a file of token ids separated by white space; OUT receives float32
// [tokens, vocab]; KV is f32 (default) or f16, for the runtime.
#include <fstream>
#include <iostream>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "model/model.h"
#include "runtime/session.h"
#include "transformer/naive_model.h"
#include "transformer/transformer.h"

namespace {

using namespace bantam;

std::vector<int32_t> ReadTokens(const std::string& path) {
  std::ifstream file(path);
  std::vector<int32_t> tokens;
  for (int32_t token; file >> token;) tokens.push_back(token);
  if (tokens.empty()) Fail(ErrorCode::kUsage, "holds no tokens", path);
  return tokens;
}

std::vector<float> Logits(const std::shared_ptr<const Model>& model, const std::string& engine,
                          const std::vector<int32_t>& tokens, DType kv) {
  if (engine == "transformer") return Transformer::Load(*model)->Forward(std::vector<std::vector<int32_t>>{tokens});
  if (engine == "naive") {
    const std::vector<double> exact = NaiveLogits(*model, tokens);
    return {exact.begin(), exact.end()};
  }
  if (engine != "runtime") Fail(ErrorCode::kUsage, "\"" + engine + "\" is not transformer, runtime or naive");
  SessionOptions options;
  options.context = static_cast<int64_t>(tokens.size());
  options.kv = kv;
  const auto session = Session::Create(RuntimeModel::Load(*model), options);
  std::vector<float> logits;
  session->ForwardAll(
      tokens, [&](int64_t, std::span<const float> row) { logits.insert(logits.end(), row.begin(), row.end()); });
  return logits;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: bantam-logits MODEL ENGINE TOKENS OUT [KV]\n";
    return 2;
  }
  try {
    const DType kv = argc > 5 && std::string(argv[5]) == "f16" ? DType::kF16 : DType::kF32;
    const auto logits = Logits(Model::Open(argv[1]), argv[2], ReadTokens(argv[3]), kv);
    WriteFileAtomically(argv[4], {reinterpret_cast<const char*>(logits.data()), logits.size() * sizeof(float)});
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return ExitStatus(error.code());
  }
}
