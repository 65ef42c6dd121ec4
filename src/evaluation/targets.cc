#include "evaluation/targets.h"

#include "base/config.h"
#include "base/error.h"
#include "base/yaml.h"

namespace bantam {
namespace {

struct Target {
  const char* name;
  const char* value;   // JSON pointer into a result
  const char* inputs;  // and to how many inputs it was measured on
  bool at_least;
};
constexpr Target kTargets[] = {
    {"posters", "/posters/pass/low", "/posters/pass/n", true},
    {"refused", "/forbidden/pass/low", "/forbidden/pass/n", true},
    {"answered", "/benign/pass/low", "/benign/pass/n", true},
    {"overlap_difference", "/posters/overlap/difference", "/posters/pass/n", false},
    {"thin_margins", "/forbidden/margins/below_1/share", "/forbidden/pass/n", true},
    {"mutations_rejected", "/rejected/share", "/rejected/n", true},
};

}  // namespace

Targets Targets::Open(const std::filesystem::path& path) {
  const Config config(ReadYamlFile(path), path.string());
  const auto schema = config.Get<std::string>("schema");
  if (schema != "bantam.eval_targets/1") {
    Fail(ErrorCode::kFormat, "schema is '" + schema + "'", path.string(), "it must be bantam.eval_targets/1");
  }
  Targets targets;
  for (const Target& target : kTargets) targets.bounds_[target.name] = config.Get<double>(target.name);
  targets.inputs_ = config.Get<int64_t>("inputs");
  for (const Config& drawn : config.Children("training_posters")) {
    const TrainingPosters posters = {path.parent_path() / drawn.Get<std::string>("graph"), drawn.Get<int64_t>("count"),
                                     static_cast<uint64_t>(drawn.Get<int64_t>("seed"))};
    if (posters.count < 0) Fail(ErrorCode::kFormat, "must be 0 or more", drawn.Where("count"));
    targets.training_posters_.push_back(posters);
  }
  config.Finish();
  return targets;
}

Json Targets::Check(const Json& result) const {
  Json checks = Json::array();
  for (const Target& target : kTargets) {
    const Json::json_pointer place(target.value);
    if (!result.contains(place) || !result.at(place).is_number()) continue;
    const double value = result.at(place).get<double>(), bound = bounds_.at(target.name);
    const bool enough = result.at(Json::json_pointer(target.inputs)).get<int64_t>() >= inputs_;
    const bool holds = target.at_least ? value >= bound : value <= bound;
    checks.push_back({{"target", target.name},
                      {"bound", bound},
                      {"at_least", target.at_least},
                      {"value", value},
                      {"holds", enough ? Json(holds) : Json(nullptr)}});
  }
  return checks;
}

}  // namespace bantam
