#include "text/hf_pipeline.h"

#include <fmt/core.h>

#include <functional>

#include "base/error.h"

namespace bantam {
namespace {

using Visit = std::function<void(const Json& step, const std::string& type, const std::string& where)>;

[[noreturn]] void Unsupported(std::string what, const std::string& where) {
  Fail(ErrorCode::kUnsupported, std::move(what) + " is not supported", where);
}

const Json& Member(const Json& object, const char* key, const std::string& where) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  if (!object.is_object() || found == object.end())
    Fail(ErrorCode::kFormat, fmt::format("\"{}\" is missing", key), where);
  return *found;
}

constexpr size_t kMostSteps = 64;         // of one part; public files have up to seven
constexpr size_t kLongestInsertion = 64;  // bytes that a step may put in one place; public files put three

// A text that a step puts into others.
std::string GetInsertion(const Json& step, const char* key, const std::string& where) {
  auto text = Get<std::string>(step, key, where);
  if (text.size() > kLongestInsertion) Unsupported(fmt::format("\"{}\" of {} bytes", key, text.size()), where);
  return text;
}

// Calls visit for a step, or for each step of a Sequence in turn, whose list stands under `list`. `count`: of all steps.
void VisitSteps(const Json& config, const char* list, const std::string& where, size_t& count, const Visit& visit) {
  const auto type = Get<std::string>(config, "type", where);
  if (++count > kMostSteps) Unsupported(fmt::format("a sequence of more than {} steps", kMostSteps), where);
  if (type != "Sequence") return visit(config, type, where);
  const Json& steps = Member(config, list, where);
  if (!steps.is_array()) Fail(ErrorCode::kFormat, fmt::format("\"{}\" is not a list", list), where);
  for (size_t i = 0; i < steps.size(); ++i) VisitSteps(steps[i], list, fmt::format("{}[{}]", where, i), count, visit);
}

void ForEachStep(const Json& config, const char* list, const std::string& where, const Visit& visit) {
  size_t count = 0;
  if (!config.is_null()) VisitSteps(config, list, where, count, visit);
}

// {"String": "..."} or {"Regex": "..."}
TextPattern ParsePattern(const Json& step, const std::string& where) {
  const Json& pattern = Member(step, "pattern", where);
  if (!pattern.is_object()) Fail(ErrorCode::kFormat, "\"pattern\" is not an object", where);
  const bool is_regex = pattern.contains("Regex");
  TextPattern parsed{Get<std::string>(pattern, is_regex ? "Regex" : "String", where), is_regex};
  if (parsed.text.empty()) Fail(ErrorCode::kFormat, "an empty pattern", where);
  return parsed;
}

SplitBehavior ParseBehavior(const Json& step, const std::string& where) {
  const auto name = Get<std::string>(step, "behavior", where, "Isolated");
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  Unsupported(fmt::format("split behavior \"{}\"", name), where);
}

Metaspace ParseMetaspace(const Json& step, const std::string& where) {
  Metaspace metaspace;
  if (step.contains("replacement")) metaspace.replacement = GetInsertion(step, "replacement", where);
  metaspace.split = Get<bool>(step, "split", where, true);
  const bool add = Get<bool>(step, "add_prefix_space", where, true);  // what old files have instead of a scheme
  const auto scheme = Get<std::string>(step, "prepend_scheme", where, add ? "always" : "never");
  if (scheme == "always") {
    metaspace.prepend = Metaspace::Prepend::kAlways;
  } else if (scheme == "first") {
    metaspace.prepend = Metaspace::Prepend::kFirst;
  } else if (scheme == "never") {
    metaspace.prepend = Metaspace::Prepend::kNever;
  } else {
    Unsupported(fmt::format("prepend_scheme \"{}\"", scheme), where);
  }
  if (metaspace.replacement.empty()) Fail(ErrorCode::kFormat, "an empty replacement", where);
  return metaspace;
}

void AddPreTokenizer(const Json& step, const std::string& type, const std::string& where, HfPreTokenizer& out) {
  const auto split = [&](std::string_view regex, SplitBehavior behavior) {
    out.steps.emplace_back(SplitText{{std::string(regex), true}, behavior, false});
  };
  if (out.byte_level) Unsupported(fmt::format("pre-tokenizer \"{}\" after ByteLevel", type), where);
  if (type == "Split") {
    out.steps.emplace_back(
        SplitText{ParsePattern(step, where), ParseBehavior(step, where), Get<bool>(step, "invert", where, false)});
  } else if (type == "Digits") {
    const bool individual = Get<bool>(step, "individual_digits", where, false);
    split("\\p{N}", individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous);
  } else if (type == "Punctuation") {
    split("[\\p{P}!-/:-@\\[-`{-~]", ParseBehavior(step, where));
  } else if (type == "Metaspace") {
    out.steps.emplace_back(ParseMetaspace(step, where));
  } else if (type == "ByteLevel") {
    if (Get<bool>(step, "add_prefix_space", where, true)) out.steps.emplace_back(PrefixSpace{});
    if (Get<bool>(step, "use_regex", where, true)) split(kGpt2Pattern, SplitBehavior::kIsolated);
    out.byte_level = true;
  } else {
    Unsupported(fmt::format("pre-tokenizer \"{}\"", type), where);
  }
}

// A decoder's steps may come only in the order in which DecoderSteps carries them out.
struct DecoderParser {
  using Strip = DecoderSteps::Strip;
  DecoderSteps steps;
  bool fused = false;

  void Add(const Json& step, const std::string& type, const std::string& where) {
    const bool late = fused || steps.strip != Strip::kNothing || steps.byte_level;
    if (type == "Replace" && !late && !steps.byte_fallback) {
      const TextPattern pattern = ParsePattern(step, where);
      if (pattern.is_regex) Unsupported("a decoder that replaces a regex", where);
      if (!steps.replace.empty()) Unsupported("a decoder that replaces twice", where);
      steps.replace.emplace_back(pattern.text, GetInsertion(step, "content", where));
    } else if (type == "ByteFallback" && !late) {
      steps.byte_fallback = true;
    } else if (type == "ByteLevel" && !late && !steps.byte_fallback && steps.replace.empty()) {
      steps.byte_level = true;
    } else if (type == "Fuse") {
      fused = true;
    } else if (type == "Strip" && steps.strip == Strip::kNothing && !steps.byte_level) {
      ParseStrip(step, where);
    } else if (type == "Metaspace" && !late && !steps.byte_fallback) {
      const Metaspace metaspace = ParseMetaspace(step, where);
      steps.replace.emplace_back(metaspace.replacement, " ");
      if (metaspace.prepend != Metaspace::Prepend::kNever) {
        steps.strip = Strip::kFirstToken;
        steps.strip_count = 1;
      }
    } else {
      Unsupported(fmt::format("decoder \"{}\" at this place", type), where);
    }
  }

  void ParseStrip(const Json& step, const std::string& where) {
    const auto content = Get<std::string>(step, "content", where);
    const auto start = Get<int64_t>(step, "start", where, 0);
    if (Get<int64_t>(step, "stop", where, 0) != 0) Unsupported("a decoder that strips the end", where);
    if (content.size() != 1 || static_cast<uint8_t>(content[0]) >= 0x80)
      Unsupported(fmt::format("a decoder that strips \"{}\"", content), where);
    if (start < 0 || start > 1000) Fail(ErrorCode::kFormat, fmt::format("\"start\" is {}", start), where);
    steps.strip = fused ? Strip::kWholeText : Strip::kEachToken;
    steps.strip_character = content[0];
    steps.strip_count = static_cast<int>(start);
  }
};

void ParseTemplate(const Json& step, const std::string& where, HfTemplate& out) {
  const Json& single = Member(step, "single", where);
  if (!single.is_array()) Fail(ErrorCode::kFormat, "\"single\" is not a list", where);
  bool text_seen = false;
  for (const Json& item : single) {
    if (item.is_object() && item.contains("Sequence")) {
      if (text_seen) Unsupported("a template that has the text twice", where);
      text_seen = true;
    } else {
      const auto token = Get<std::string>(Member(item, "SpecialToken", where), "id", where);
      (text_seen ? out.after : out.before).push_back(token);
    }
  }
  if (!text_seen) Fail(ErrorCode::kFormat, "a template without the text", where);
}

}  // namespace

std::vector<NormalizerStep> ParseNormalizer(const Json& config, const std::string& where) {
  std::vector<NormalizerStep> steps;
  ForEachStep(config, "normalizers", where, [&](const Json& step, const std::string& type, const std::string& at) {
    if (type == "NFC") {
      steps.emplace_back(NormalizeUnicode{UnicodeForm::kNfc});
    } else if (type == "NFD") {
      steps.emplace_back(NormalizeUnicode{UnicodeForm::kNfd});
    } else if (type == "NFKC") {
      steps.emplace_back(NormalizeUnicode{UnicodeForm::kNfkc});
    } else if (type == "NFKD") {
      steps.emplace_back(NormalizeUnicode{UnicodeForm::kNfkd});
    } else if (type == "Prepend") {
      steps.emplace_back(PrependText{GetInsertion(step, "prepend", at)});
    } else if (type == "Replace") {
      steps.emplace_back(ReplaceText{ParsePattern(step, at), GetInsertion(step, "content", at)});
    } else {
      Unsupported(fmt::format("normalizer \"{}\"", type), at);
    }
  });
  return steps;
}

HfPreTokenizer ParsePreTokenizer(const Json& config, const std::string& where) {
  HfPreTokenizer parsed;
  ForEachStep(config, "pretokenizers", where, [&](const Json& step, const std::string& type, const std::string& at) {
    AddPreTokenizer(step, type, at, parsed);
  });
  return parsed;
}

DecoderSteps ParseDecoder(const Json& config, const std::string& where) {
  if (config.is_null()) Unsupported("a tokenizer without decoder", where);
  DecoderParser parser;
  ForEachStep(config, "decoders", where,
              [&](const Json& step, const std::string& type, const std::string& at) { parser.Add(step, type, at); });
  return parser.steps;
}

HfTemplate ParsePostProcessor(const Json& config, const std::string& where) {
  HfTemplate parsed;
  ForEachStep(config, "processors", where, [&](const Json& step, const std::string& type, const std::string& at) {
    if (type == "TemplateProcessing") {
      ParseTemplate(step, at, parsed);
    } else if (type != "ByteLevel") {  // which only trims offsets
      Unsupported(fmt::format("post-processor \"{}\"", type), at);
    }
  });
  return parsed;
}

}  // namespace bantam
