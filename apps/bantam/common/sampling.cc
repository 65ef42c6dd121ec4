#include "common/sampling.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <random>

#include "base/error.h"

namespace bantam::cli {
namespace {

// "15043+1.5", "29905-inf": token id, then a signed bias.
std::pair<int32_t, double> ParseLogitBias(const std::string& text) {
  int32_t id = -1;
  const char* const text_end = text.data() + text.size();
  const auto [sign, failure] = std::from_chars(text.data(), text_end, id);
  char* stop = nullptr;
  const bool has_sign = failure == std::errc() && sign != text_end && (*sign == '+' || *sign == '-');
  const double bias = has_sign ? std::strtod(sign, &stop) : 0.0;
  if (!has_sign || stop != text_end || std::isnan(bias) || id < 0) {
    Fail(ErrorCode::kUsage, fmt::format("'{}' is no token id with a bias", text), "--logit-bias",
         "as in 15043+1 or 29905-inf");
  }
  return {id, bias};
}

// "top_p", as the sampler's errors name it, as a flag.
std::string FlagOf(std::string option) {
  if (option == "temperature") option = "temp";
  std::replace(option.begin(), option.end(), '_', '-');
  return "--" + option;
}

// Infinities have no JSON number.
Json Number(double value) { return std::isfinite(value) ? Json(value) : Json(value > 0 ? "inf" : "-inf"); }

}  // namespace

void AddSamplingOptions(CLI::App& verb, SamplingOptions& options) {
  SamplerOptions& sampler = options.sampler;
  const auto number = [&](const char* name, double& value, const char* text) {
    verb.add_option(name, value, text)->capture_default_str()->type_name("X")->group("Sampling");
  };
  const auto integer = [&](const char* name, int64_t& value, const char* text) {
    verb.add_option(name, value, text)->capture_default_str()->type_name("N")->group("Sampling");
  };
  number("--temp", sampler.temperature, "temperature; 0: always the most probable token");
  integer("--top-k", sampler.top_k, "keep the k most probable tokens; 0: all");
  number("--top-p", sampler.top_p, "keep the most probable tokens up to this mass; 1: all");
  number("--min-p", sampler.min_p, "keep tokens at least this probable against the best; 0: all");
  number("--repeat-penalty", sampler.repeat_penalty, "penalty on tokens that were there before; 1: none");
  integer("--repeat-last-n", sampler.repeat_last_n, "tokens the penalties look back; 0: none, -1: all");
  number("--presence-penalty", sampler.presence_penalty, "taken off the logit of a token that was there; 0: none");
  number("--frequency-penalty", sampler.frequency_penalty, "the same, times how often it was there; 0: none");
  integer("-s,--seed", options.seed, "seed of the random draws; -1: a new one each time");
  verb.add_option("-l,--logit-bias", options.logit_bias, "change a token's logit: 15043+1, 29905-inf; repeatable")
      ->type_name("ID+BIAS")
      ->group("Sampling");
}

SamplerOptions Resolve(const SamplingOptions& options) {
  SamplerOptions sampler = options.sampler;
  if (options.seed < -1) Fail(ErrorCode::kUsage, "must be -1 or more", "--seed");
  // 32 bits, so that a printed seed stays short enough to type.
  sampler.seed = options.seed < 0 ? std::random_device{}() : static_cast<uint64_t>(options.seed);
  for (const std::string& text : options.logit_bias) sampler.logit_bias.push_back(ParseLogitBias(text));
  try {
    Sampler checked(sampler);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), FlagOf(error.where()), error.hint());
  }
  return sampler;
}

Json ToJson(const SamplerOptions& sampler) {
  Json bias = Json::array();
  for (const auto& [id, value] : sampler.logit_bias) bias.push_back({{"id", id}, {"bias", Number(value)}});
  return {{"seed", sampler.seed},
          {"temperature", sampler.temperature},
          {"top_k", sampler.top_k},
          {"top_p", sampler.top_p},
          {"min_p", sampler.min_p},
          {"repeat_penalty", sampler.repeat_penalty},
          {"repeat_last_n", sampler.repeat_last_n},
          {"presence_penalty", sampler.presence_penalty},
          {"frequency_penalty", sampler.frequency_penalty},
          {"logit_bias", std::move(bias)}};
}

}  // namespace bantam::cli
