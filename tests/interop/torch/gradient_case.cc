// bantam-gradient-case NAME OUT   writes a case for the oracle
// bantam-gradient-case --list     prints the names
//
// OUT is a safetensors file: the parameters under their GGUF names (F32), batch.tokens, batch.targets (I32), batch.weights (F32)
// and batch.document_begin (I64) of trainable.h; its metadata has one key, "case", with the switches of the architecture
// (model/architecture.h) and the factors of the losses as JSON.
#include <iostream>

#include "base/error.h"
#include "base/json.h"
#include "cases.h"
#include "formats/safetensors.h"

namespace {

using namespace bantam;

template <typename T>
SafetensorsEntry Entry(std::string name, DType dtype, Shape shape, std::span<const T> values) {
  return {.name = std::move(name),
          .tensor = {.dtype = dtype, .shape = std::move(shape), .bytes = std::as_bytes(values), .owner = nullptr}};
}

template <typename T>
SafetensorsEntry Vector(const std::string& name, DType dtype, const std::vector<T>& values) {
  return Entry("batch." + name, dtype, {static_cast<int64_t>(values.size())}, std::span(values));
}

Json Switches(const Architecture& a) {
  Json json{{"layers", a.layers},
            {"heads", a.heads},
            {"kv_heads", a.kv_heads},
            {"norm_eps", a.norm_eps},
            {"qk_norm", a.qk_norm == QkNorm::kPerHead},
            {"rope_interleaved", a.rope_style == RopeStyle::kInterleaved},
            {"rope_dim", a.rope_dim},
            {"rope_theta", a.rope_theta},
            {"attention_scale", a.attention_scale},
            {"loss_scale", kLossScale},
            {"auxiliary_scale", kAuxiliaryScale},
            {"router_z_loss", kRouterLosses.router_z_loss},
            {"balance_loss", kRouterLosses.balance_loss}};
  for (int64_t layer = 0; layer < a.layers; ++layer) {
    json["windows"].push_back(a.LayerSlides(layer) ? a.sliding_window : 0);
  }
  if (a.moe) {
    json["experts_used"] = a.moe->experts_used;
    json["router_sigmoid"] = a.moe->router == RouterKind::kSigmoid;
    json["normalize_weights"] = a.moe->normalize_weights;
    json["weights_scale"] = a.moe->weights_scale;
  }
  return json;
}

void WriteCase(const GradientCase& gradient_case, const std::string& path) {
  const ParameterLayout layout(gradient_case.architecture);
  const std::vector<float> parameters = CaseParameters(gradient_case);
  const TrainingBatch batch = CaseBatch(gradient_case);
  std::vector<SafetensorsEntry> entries;
  for (const auto& [spec, offset, size] : layout.entries()) {
    entries.push_back(Entry(spec.name, DType::kF32, spec.shape, std::span(parameters).subspan(offset, size)));
  }
  entries.push_back(Vector("tokens", DType::kI32, batch.tokens));
  entries.push_back(Vector("targets", DType::kI32, batch.targets));
  entries.push_back(Vector("weights", DType::kF32, batch.weights));
  entries.push_back(Vector("document_begin", DType::kI64, batch.document_begin));
  WriteSafetensors(path, entries, {{"case", DumpJson(Switches(gradient_case.architecture), -1)}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "--list") {
    for (const GradientCase& each : GradientCases()) std::cout << each.name << "\n";
    return 0;
  }
  if (argc != 3) {
    std::cerr << "usage: bantam-gradient-case NAME OUT | --list\n";
    return 2;
  }
  try {
    WriteCase(FindGradientCase(argv[1]), argv[2]);
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return ExitStatus(error.code());
  }
}
