// bantam-gradient-check NAME GRADIENTS: Bantam's gradients of a case, in float and in double, against those of a safetensors file.
//
// Prints |ours - theirs| / |theirs| of every tensor (of those that every layer has, the worst layer's) and of the whole vector;
// exit status 1 when a bound is exceeded.
#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <map>

#include "base/error.h"
#include "cases.h"
#include "formats/safetensors.h"

namespace {

using namespace bantam;

// A value of a gradient stands behind some tens of roundings (trainable_test.cc): 840 of 2^-24, and as many of 2^-53.
constexpr double kFloatBound = 5e-5, kDoubleBound = 0x1p-29 * kFloatBound;

std::span<const double> Doubles(const Tensor& tensor) {
  if (tensor.dtype != DType::kF64) Fail(ErrorCode::kFormat, "gradients must be F64");
  return {reinterpret_cast<const double*>(tensor.bytes.data()), static_cast<size_t>(tensor.elements())};
}

// Sums of squares of a difference and of what it is measured by.
struct Distance {
  double difference = 0.0, size = 0.0;

  template <typename T>
  void Add(std::span<const T> ours, std::span<const double> theirs) {
    for (size_t i = 0; i < ours.size(); ++i) {
      difference += (ours[i] - theirs[i]) * (ours[i] - theirs[i]);
      size += theirs[i] * theirs[i];
    }
  }
  // What is exactly zero has to be met exactly.
  double Relative() const { return difference == 0.0 ? 0.0 : std::sqrt(difference / size); }
};

template <typename T>
struct Gradient {
  TrainingLoss loss;
  std::vector<T> values;

  explicit Gradient(const GradientCase& gradient_case) {
    TrainableTransformer<T> model(gradient_case.architecture, kRouterLosses);
    const std::vector<float> floats = CaseParameters(gradient_case);
    const std::vector<T> parameters(floats.begin(), floats.end());
    values.resize(parameters.size());
    loss = model.Backward(parameters, CaseBatch(gradient_case), kLossScale, kAuxiliaryScale, values);
  }
};

// One line of the table: a tensor, or the same tensor of every layer.
struct Row {
  double size = 0.0, in_float = 0.0, in_double = 0.0;
};

std::string WithoutLayer(const std::string& name) {
  if (!name.starts_with("blk.")) return name;
  return "blk.*" + name.substr(name.find('.', 4));
}

class Comparison {
 public:
  void Add(const std::string& name, std::span<const float> floats, std::span<const double> doubles,
           std::span<const double> theirs) {
    Distance in_float, in_double;
    in_float.Add(floats, theirs);
    in_double.Add(doubles, theirs);
    const std::string key = WithoutLayer(name);
    if (!rows_.contains(key)) order_.push_back(key);
    Row& row = rows_[key];
    row.size += in_double.size;
    row.in_float = std::max(row.in_float, in_float.Relative());
    row.in_double = std::max(row.in_double, in_double.Relative());
  }

  // Whether every row is within the bounds.
  bool Print() const {
    bool within = true;
    for (const std::string& name : order_) {
      const Row& row = rows_.at(name);
      fmt::print("  {:28} {:9.3e}  float {:8.2e}  double {:8.2e}\n", name, std::sqrt(row.size), row.in_float,
                 row.in_double);
      within = within && row.in_float <= kFloatBound && row.in_double <= kDoubleBound;  // false for NaN
    }
    return within;
  }

 private:
  std::vector<std::string> order_;
  std::map<std::string, Row> rows_;
};

bool Check(const GradientCase& gradient_case, const std::string& path) {
  const auto file = SafetensorsSource::OpenFile(path);
  const ParameterLayout layout(gradient_case.architecture);
  const Gradient<float> in_float(gradient_case);
  const Gradient<double> in_double(gradient_case);
  Comparison comparison;
  std::vector<double> all;
  for (const auto& [spec, offset, size] : layout.entries()) {
    const Tensor tensor = file->Load(spec.name);
    if (tensor.shape != spec.shape) Fail(ErrorCode::kFormat, "has the wrong shape", spec.name);
    const std::span<const double> theirs = Doubles(tensor);
    comparison.Add(spec.name, std::span(in_float.values).subspan(offset, size),
                   std::span(in_double.values).subspan(offset, size), theirs);
    all.insert(all.end(), theirs.begin(), theirs.end());
  }
  comparison.Add("whole gradient", in_float.values, in_double.values, all);
  const TrainingLoss& f = in_float.loss;
  const TrainingLoss& d = in_double.loss;
  comparison.Add(
      "losses",
      std::vector{static_cast<float>(f.weighted_nll), static_cast<float>(f.router_z), static_cast<float>(f.balance)},
      std::vector{d.weighted_nll, d.router_z, d.balance}, Doubles(file->Load("losses")));
  fmt::print("{}: {} parameters, {} tokens\n", gradient_case.name, all.size(), CaseBatch(gradient_case).tokens.size());
  const bool within = comparison.Print();
  fmt::print("  {} (bounds: float {:.1e}, double {:.1e})\n", within ? "passed" : "FAILED", kFloatBound, kDoubleBound);
  return within;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bantam-gradient-check NAME GRADIENTS\n";
    return 2;
  }
  try {
    return Check(FindGradientCase(argv[1]), argv[2]) ? 0 : 1;
  } catch (const Error& error) {
    std::cerr << "error: " << error.what() << "\n";
    return ExitStatus(error.code());
  }
}
