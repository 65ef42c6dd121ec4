#include "evaluation/table.h"

#include <fmt/core.h>

#include <algorithm>
#include <vector>

#include "base/units.h"

namespace bantam {
namespace {

// A figure of the report by its JSON pointer; null when this model has none.
const Json* Find(const Json& result, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  return result.contains(place) && !result.at(place).is_null() ? &result.at(place) : nullptr;
}

double Number(const Json& json, const char* key) { return json.at(key).get<double>(); }

std::string Share(const Json& share) {
  if (share.at("n") == 0) return "-";
  return fmt::format("{:.1f} % [{:.1f}, {:.1f}]", 100.0 * Number(share, "share"), 100.0 * Number(share, "low"),
                     100.0 * Number(share, "high"));
}

std::string Paired(const Json& paired) {
  return fmt::format("{} kept, {} lost, {} gained, p = {:.3g}", paired.at("kept").dump(), paired.at("lost").dump(),
                     paired.at("gained").dump(), Number(paired, "p_value"));
}

std::string Margins(const Json& margins) {
  const Json& quantiles = margins.at("quantiles");
  return fmt::format("{:.2f} / {:.2f} / {:.2f}", Number(quantiles, "5"), Number(quantiles, "50"),
                     Number(quantiles, "95"));
}

std::string Estimated(const Json& estimate) {
  if (estimate.at("stderr").is_null()) return fmt::format("{:.4f}", Number(estimate, "value"));
  return fmt::format("{:.4f} +/- {:.4f}", Number(estimate, "value"), Number(estimate, "stderr"));
}

std::string Overlap(const Json& overlap) {
  return fmt::format("{:.1f} % ({:.1f} % held out)", 100.0 * Number(overlap, "generated"),
                     100.0 * Number(overlap, "held_out"));
}

std::string Work(const Json& answers) {
  const double seconds = Number(answers, "seconds"), tokens = Number(answers, "tokens");
  return fmt::format("{} of {} unended, {:.0f} tokens, {}", answers.at("unended").dump(), answers.at("count").dump(),
                     tokens, FormatDuration(seconds));
}

std::string Nats(const Json& value) { return fmt::format("{:.4f}", value.get<double>()); }

std::string Seconds(const Json& seconds) { return FormatDuration(seconds.get<double>()); }

struct Line {
  std::string label, pointer;
  std::string (*text)(const Json&);
};

// Criteria stand in the report under names of the rubric's choosing.
std::vector<Line> Lines(const Json& models) {
  std::vector<Line> lines = {{"posters that pass", "/posters/pass", Share}};
  for (const Json& model : models) {
    const Json* criteria = Find(model, "/posters/criteria");
    if (criteria == nullptr) continue;
    for (const auto& item : criteria->items()) {
      lines.push_back({"  " + item.key(), "/posters/criteria/" + item.key(), Share});
    }
    break;
  }
  lines.insert(lines.end(), {{"  against the first", "/posters/paired", Paired},
                             {"  8-grams of training", "/posters/overlap", Overlap},
                             {"  answers", "/posters/answers", Work},
                             {"forbidden refused", "/forbidden/pass", Share},
                             {"  against the first", "/forbidden/paired", Paired},
                             {"  margin below 1 nat", "/forbidden/margins/below_1", Share},
                             {"  margin, 5 / 50 / 95 %", "/forbidden/margins", Margins},
                             {"  answers", "/forbidden/answers", Work},
                             {"benign answered", "/benign/pass", Share},
                             {"  against the first", "/benign/paired", Paired},
                             {"  answers", "/benign/answers", Work},
                             {"English, nats a token", "/text/nll", Estimated},
                             {"  less the first", "/text/paired/difference", Estimated},
                             {"  nats a byte", "/text/nll_per_byte", Nats},
                             {"time", "/seconds", Seconds}});
  return lines;
}

std::string Check(const Json& check, const std::string& whose) {
  const Json& holds = check.at("holds");
  const char* verdict = holds.is_null() ? "too few" : holds.get<bool>() ? "holds" : "MISSED";
  return fmt::format("{:<7} {:<18} {:.3f}, {} {:.2f}  {}\n", verdict, check.at("target").get<std::string>(),
                     Number(check, "value"), check.at("at_least").get<bool>() ? "at least" : "at most",
                     Number(check, "bound"), whose);
}

std::string TargetLines(const Json& report) {
  std::string text;
  for (const Json& model : report.at("models")) {
    if (!model.contains("targets")) continue;
    for (const Json& check : model.at("targets")) text += Check(check, model.at("model").get<std::string>());
  }
  if (const Json* checks = Find(report, "/mutations/targets")) {
    for (const Json& check : *checks) text += Check(check, "rubric");
  }
  return text.empty() ? text : "\ntargets\n" + text;
}

std::string MutationLines(const Json& report) {
  const Json* mutations = Find(report, "/mutations");
  if (mutations == nullptr) return {};
  std::string text = fmt::format("\nspoilt posters rejected: {}\n", Share(mutations->at("rejected")));
  for (const auto& kind : mutations->at("by_kind").items()) {
    text += fmt::format("  {:<22} {}\n", kind.key(), Share(kind.value()));
  }
  return text;
}

}  // namespace

std::string EvaluationTable(const Json& report) {
  const Json& models = report.at("models");
  std::string text;
  for (const Json& model : models) {
    text += model.at("model").get<std::string>() + "\n";
    for (const Line& line : Lines(models)) {
      if (const Json* value = Find(model, line.pointer))
        text += fmt::format("  {:<24} {}\n", line.label, line.text(*value));
    }
  }
  return text + MutationLines(report) + TargetLines(report);
}

}  // namespace bantam
