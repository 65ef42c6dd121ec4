#include "measure/divergence.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/progress.h"
#include "measure/log_softmax.h"
#include "measure/perplexity.h"

namespace bantam {
namespace {

void RequireSameVocabulary(int64_t base, int64_t candidate, const std::string& where) {
  if (base == candidate) return;
  Fail(ErrorCode::kUsage, fmt::format("the base has {} tokens in its vocabulary, the candidate {}", base, candidate),
       where, "only models with one vocabulary can be compared");
}

void AdvanceWithKld(Progress& progress, const DivergenceResult& result) {
  progress.Advance(1, fmt::format("mean KLD {:.6f}", Mean(result.kld).value));
}

}  // namespace

PositionScores ComparePosition(std::span<const float> base, std::span<const float> candidate, int32_t target) {
  const double base_norm = LogSumExp(base), norm = LogSumExp(candidate);
  double kld = 0.0;
  for (size_t i = 0; i < base.size(); ++i) {
    const double log_p = base[i] - base_norm, log_q = candidate[i] - norm;
    kld += std::exp(log_p) * (log_p - log_q);
  }
  const double log_p = base[target] - base_norm, log_q = candidate[target] - norm;
  return {-log_q, -log_p, kld, std::exp(log_q) - std::exp(log_p), TopIndex(base) == TopIndex(candidate)};
}

PositionScores ComparePosition(const BaseRow& base, std::span<const float> candidate, int32_t target) {
  const double norm = LogSumExp(candidate);
  const double log_p_target = base.target_logit - base.log_sum_exp, log_q_target = candidate[target] - norm;

  // The outcomes that stay apart, ascending, so that the others can be summed around them.
  std::vector<int32_t> apart = {target};
  double kld = std::exp(log_p_target) * (log_p_target - log_q_target);
  for (const BaseEntry& entry : base.top) {
    if (entry.id == target) continue;
    apart.push_back(entry.id);
    const double log_p = entry.logit - base.log_sum_exp;
    kld += std::exp(log_p) * (log_p - (candidate[entry.id] - norm));
  }
  if (std::isfinite(base.log_rest)) {
    std::sort(apart.begin(), apart.end());
    kld += std::exp(base.log_rest) * (base.log_rest - LogMassOfOthers(candidate, norm, apart));
  }
  return {-log_q_target, -log_p_target, kld, std::exp(log_q_target) - std::exp(log_p_target),
          base.top.front().id == TopIndex(candidate)};
}

void DivergenceResult::Add(const PositionScores& scores) {
  nll.push_back(scores.nll);
  nll_base.push_back(scores.nll_base);
  kld.push_back(scores.kld);
  delta_p.push_back(scores.delta_p);
  same_top += scores.same_top ? 1 : 0;
}

DivergenceResult CompareModels(LogitSource& base, LogitSource& candidate, std::span<const Window> windows,
                               BaseFileWriter* save) {
  RequireSameVocabulary(base.vocab_size(), candidate.vocab_size(), candidate.description());
  DivergenceResult result;
  Progress progress("Comparing", "windows", windows.size());
  std::vector<float> held;  // [scored, vocab]
  const int64_t vocab = base.vocab_size();
  for (size_t w = 0; w < windows.size(); ++w) {
    held.clear();
    EvaluateScored(base, windows[w], w, [&](int64_t, std::span<const float> logits, int32_t target) {
      held.insert(held.end(), logits.begin(), logits.end());
      if (save != nullptr) save->Add(logits, target);
    });
    EvaluateScored(candidate, windows[w], w, [&](int64_t position, std::span<const float> logits, int32_t target) {
      const auto base_logits = std::span<const float>(held).subspan((position - windows[w].first) * vocab, vocab);
      result.Add(ComparePosition(base_logits, logits, target));
    });
    AdvanceWithKld(progress, result);
  }
  return result;
}

DivergenceResult CompareWithBase(const BaseFile& base, LogitSource& candidate) {
  RequireSameVocabulary(base.vocab_size(), candidate.vocab_size(), candidate.description());
  DivergenceResult result;
  result.kld_is_lower_bound = true;
  const std::vector<Window>& windows = base.windows();
  Progress progress("Comparing", "windows", windows.size());
  int64_t row = 0;
  for (size_t w = 0; w < windows.size(); ++w) {
    EvaluateScored(candidate, windows[w], w, [&](int64_t, std::span<const float> logits, int32_t target) {
      const BaseRow stored = base.Row(row++);
      result.Add(ComparePosition(stored, logits, target));
      result.mean_rest_mass += std::exp(stored.log_rest);
    });
    AdvanceWithKld(progress, result);
  }
  if (row > 0) result.mean_rest_mass /= static_cast<double>(row);
  return result;
}

void SaveBase(LogitSource& base, std::span<const Window> windows, BaseFileWriter& save) {
  Progress progress("Base", "windows", windows.size());
  for (size_t w = 0; w < windows.size(); ++w) {
    EvaluateScored(base, windows[w], w,
                   [&](int64_t, std::span<const float> logits, int32_t target) { save.Add(logits, target); });
    progress.Advance();
  }
}

namespace {

// Mean, extremes and percentiles of one quantity.
void AddDistribution(std::vector<DivergenceLine>& lines, const std::string& section, const std::string& name,
                     std::vector<double> values, std::span<const double> fractions, bool percent) {
  lines.push_back({section, "mean", "Mean    " + name, Mean(values), percent});
  std::sort(values.begin(), values.end());
  lines.push_back({section, "maximum", "Maximum " + name, Percentile(values, 1.0), percent});
  for (const double fraction : fractions) {
    const bool median = fraction == 0.5;
    std::string key = fmt::format("p{:g}", 100.0 * fraction);
    std::replace(key.begin(), key.end(), '.', '_');
    lines.push_back({section, median ? "median" : key,
                     (median ? "Median  " : fmt::format("{:4.1f}%   ", 100.0 * fraction)) + name,
                     Percentile(values, fraction), percent});
  }
  lines.push_back({section, "minimum", "Minimum " + name, Percentile(values, 0.0), percent});
}

}  // namespace

std::vector<DivergenceLine> Summarize(const DivergenceResult& result) {
  static constexpr double kKldFractions[] = {0.999, 0.99, 0.95, 0.9, 0.5, 0.1, 0.05, 0.01, 0.001};
  static constexpr double kDeltaFractions[] = {0.999, 0.99, 0.95, 0.9, 0.75, 0.5, 0.25, 0.1, 0.05, 0.01, 0.001};
  const Estimate ppl = Exp(Mean(result.nll)), ppl_base = Exp(Mean(result.nll_base));
  const Estimate log_ratio = MeanDifference(result.nll, result.nll_base);
  const double nan = std::nan("");
  const int64_t n = static_cast<int64_t>(result.kld.size());

  // Error of PPL(Q) - PPL(base) to first order: that of the paired mean of ppl * nll_Q - ppl_base * nll_base.
  std::vector<double> scaled(n), scaled_base(n);
  for (int64_t i = 0; i < n; ++i) {
    scaled[i] = ppl.value * result.nll[i];
    scaled_base[i] = ppl_base.value * result.nll_base[i];
  }
  const Estimate difference = {ppl.value - ppl_base.value, MeanDifference(scaled, scaled_base).error, n};

  std::vector<DivergenceLine> lines = {
      {"perplexity", "ppl_q", "Mean PPL(Q)", ppl},
      {"perplexity", "ppl_base", "Mean PPL(base)", ppl_base},
      {"perplexity",
       "correlation",
       "Cor(ln(PPL(Q)), ln(PPL(base)))",
       {Correlation(result.nll, result.nll_base), nan, n},
       true},
      {"perplexity", "ln_ratio", "Mean ln(PPL(Q)/PPL(base))", log_ratio},
      {"perplexity", "ratio", "Mean PPL(Q)/PPL(base)", Exp(log_ratio)},
      {"perplexity", "difference", "Mean PPL(Q)-PPL(base)", difference},
  };
  AddDistribution(lines, "kld", "KLD", result.kld, kKldFractions, false);
  AddDistribution(lines, "delta_p", "Δp", result.delta_p, kDeltaFractions, true);
  lines.push_back({"delta_p", "rms", "RMS     Δp", RootMeanSquare(result.delta_p), true});
  lines.push_back({"top", "same_top_p", "Same top p", Share(result.same_top, n), true});
  return lines;
}

Json ToJson(const DivergenceResult& result) {
  Json json = Json::object();
  for (const DivergenceLine& line : Summarize(result)) {
    if (line.section == "top") {
      json[line.key] = ToJson(line.estimate);
    } else {
      json[line.section][line.key] = ToJson(line.estimate);
    }
  }
  json["kld"]["is_lower_bound"] = result.kld_is_lower_bound;
  if (result.kld_is_lower_bound) json["kld"]["mean_rest_mass"] = result.mean_rest_mass;
  return json;
}

}  // namespace bantam
