#include "text/gguf_pretokenizers.h"

#include <algorithm>
#include <array>

#include "text/hf_pipeline.h"
#include "text/normalizer.h"

namespace bantam {
namespace {

using Patterns = std::span<const std::string_view>;

// ---- What llama.cpp runs, by family.

constexpr std::string_view kLlama3Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+)"
    R"(|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Pattern =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+)"
    R"(|\s+(?!\S)|\s+)";

constexpr std::array<std::string_view, 1> kGpt2 = {kGpt2Pattern};
constexpr std::array<std::string_view, 1> kLlama3 = {kLlama3Pattern};
constexpr std::array<std::string_view, 1> kQwen2 = {kQwen2Pattern};
constexpr std::array<std::string_view, 1> kQwen35 = {
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+)"
    R"(|\s+(?!\S)|\s+)"};
constexpr std::array<std::string_view, 2> kStarcoder = {R"(\p{N})", kGpt2Pattern};
constexpr std::array<std::string_view, 3> kFalcon = {R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2Pattern, "[0-9][0-9][0-9]"};
constexpr std::array<std::string_view, 4> kDefault = {R"([\p{P}\$\+<=>\^~\|]+)", kGpt2Pattern, R"(\p{N}+)",
                                                      "[0-9][0-9][0-9]"};

// White space outside ASCII is a vertical tab to llama.cpp's regexes, so a range never matches it: the ranges of
// DeepSeek's tokenizer.json without U+1680, U+2000-200A, U+2028, U+2029, U+202F, U+205F and U+3000.
constexpr std::string_view kDeepseekCjk =
    R"([\x{4e00}-\x{9fa5}\x{800}-\x{167f}\x{1681}-\x{1fff}\x{200b}-\x{2027}\x{202a}-\x{202e}\x{2030}-\x{205e})"
    R"(\x{2060}-\x{2fff}\x{3001}-\x{4e00}\x{ac00}-\x{d7ff}]+)";
constexpr std::array<std::string_view, 5> kDeepseekCoder = {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)", kDeepseekCjk,
                                                            R"(\p{N})"};
constexpr std::string_view kDeepseekLetters =
    "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-ՖႠ-ჅᎠ-Ᏽᏸ-ᏽᲐ-ᲺᲽ-Ჿᴀ-ᴫᵫ-ᵷᵹ-ᶚḀ-ἕἘ-Ἕἠ-ὅὈ-Ὅὐ-ὗὙὛὝὟ-ώᾀ-ᾴᾶ-ᾼιῂ-"
    "ῄῆ-ῌῐ-ΐῖ-Ίῠ-Ῥῲ-ῴῶ-ῼℂℇℊ-ℓℕℙ-ℝℤΩℨK-ℭℯ-ℴℹℼ-ℿⅅ-ⅉⅎↃↄⰀ-ⱻⱾ-ⳤⳫ-ⳮⳲⳳꙀ-ꙭꚀ-ꚛꜢ-ꝯꝱ-ꞇꞋ-ꞎꭰ-ꮿﬀ-ﬆﬓ-ﬗＡ-Ｚａ-ｚ𐐀-𐑏𐒰-𐓓𐓘-𐓻𐲀-𐲲𐳀-𐳲𑢠-𑣟𞤀-𞥃]"
    "+";
// "\s+$" would try every position of a run of spaces; it can only match from the run's front.
constexpr std::array<std::string_view, 6> kDeepseekLlm = {
    R"([\r\n])", kDeepseekLetters, R"(\s?[!-/:-~！-／：-～‘-‟、-。]+)", R"((?<!\s)\s++$)", kDeepseekCjk, R"(\p{N}+)"};
constexpr std::string_view kDeepseekV3Words =
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::array<std::string_view, 3> kDeepseekV3 = {R"(\p{N}{1,3})", "[一-龥぀-ゟ゠-ヿ]+", kDeepseekV3Words};

// llama.cpp knows no case outside ASCII: "upper case" is every letter but a-z, "lower case" every letter but A-Z.
constexpr std::array<std::string_view, 1> kTekken = {
    R"([^\r\n\p{L}\p{N}]?[^\P{L}a-z]*[^\P{L}A-Z]+|[^\r\n\p{L}\p{N}]?[^\P{L}a-z]+[^\P{L}A-Z]*|\p{N})"
    R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr std::array<std::string_view, 1> kGpt4o = {
    R"([^\r\n\p{L}\p{N}]?[^\P{L}a-z]*[^\P{L}A-Z]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[^\P{L}a-z]+[^\P{L}A-Z]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3})"
    R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};

constexpr GgufPreTokenizer kPreTokenizers[] = {
    {"default", kDefault},
    {"gpt-2", kGpt2},
    {"phi-2", kGpt2},
    {"mpt", kGpt2},
    {"olmo", kGpt2},
    {"jais", kGpt2},
    {"gigachat", kGpt2},
    {"a.x-4.0", kGpt2},
    {"mellum", kGpt2},
    {"exaone4", kGpt2},
    {.name = "trillion", .patterns = kGpt2, .clean_up_spaces = false},
    {.name = "granite-docling", .patterns = kGpt2, .clean_up_spaces = false},
    {"starcoder", kStarcoder},
    {"refact", kStarcoder},
    {"codeshell", kStarcoder},
    {"exaone", kStarcoder},
    {"minerva-7b", kStarcoder},
    {"mellum2", kStarcoder},
    {.name = "smollm", .patterns = kStarcoder, .clean_up_spaces = false},
    {.name = "command-r", .patterns = kStarcoder, .clean_up_spaces = false},
    {"llama-bpe", kLlama3, true, true},
    {"llama3", kLlama3, true, true},
    {"llama-v3", kLlama3, true, true},
    {"falcon3", kLlama3, true, true},
    {"falcon-h1", kLlama3, true, true},
    {"pixtral", kLlama3, true, true},
    {"midm-2.0", kLlama3, true, true},
    {"lfm2", kLlama3, true, true},
    {"smaug-bpe", kLlama3},
    {"dbrx", kLlama3},
    {"glm4", kLlama3},
    {"chatglm-bpe", kLlama3},
    {.name = "qwen2", .patterns = kQwen2, .clean_up_spaces = false},
    {.name = "deepseek-r1-qwen", .patterns = kQwen2, .clean_up_spaces = false},
    {.name = "kormo", .patterns = kQwen2, .clean_up_spaces = false},
    {.name = "hunyuan", .patterns = kQwen2, .clean_up_spaces = false},
    {.name = "solar-open", .patterns = kQwen2, .clean_up_spaces = false},
    {.name = "grok-2", .patterns = kQwen2, .clean_up_spaces = false},
    {"stablelm2", kQwen2},
    {"megrez", kQwen2},
    {.name = "qwen35", .patterns = kQwen35, .clean_up_spaces = false},
    {.name = "deepseek-llm", .patterns = kDeepseekLlm, .clean_up_spaces = false},
    {.name = "deepseek-coder", .patterns = kDeepseekCoder, .clean_up_spaces = false},
    {.name = "deepseek-v3", .patterns = kDeepseekV3, .clean_up_spaces = false},
    {.name = "hunyuan-dense", .patterns = kDeepseekV3, .clean_up_spaces = false},
    {.name = "joyai-llm", .patterns = kDeepseekV3, .clean_up_spaces = false},
    {"falcon", kFalcon},
    {.name = "tekken", .patterns = kTekken, .ignore_merges = true, .add_bos = true, .clean_up_spaces = false},
    {.name = "gpt-4o", .patterns = kGpt4o, .clean_up_spaces = false},
    {.name = "llama4", .patterns = kGpt4o, .clean_up_spaces = false},
    {.name = "kanana2", .patterns = kGpt4o, .clean_up_spaces = false},
    {.name = "minimax-m2", .patterns = kGpt4o, .clean_up_spaces = false},
};

// ---- What tokenizer.json says, where its wording is another one.

constexpr std::string_view kDeepseekJsonCjk = "[一-龥ࠀ-一가-퟿]+";
constexpr std::array<std::string_view, 5> kDeepseekCoderJson = {R"([\r\n])", R"(\s?\p{L}+)", R"(\s?\p{P}+)",
                                                                kDeepseekJsonCjk, R"(\p{N})"};
constexpr std::array<std::string_view, 6> kDeepseekLlmJson = {
    R"([\r\n])", kDeepseekLetters, R"(\s?[!-/:-~！-／：-～‘-‟　-。]+)", R"(\s+$)", kDeepseekJsonCjk, R"(\p{N})"};
constexpr std::array<std::string_view, 1> kTekkenJson = {
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N})"
    R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
constexpr std::array<std::string_view, 1> kGpt4oJson = {
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?)"
    R"(|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};

struct Recognized {
  std::string_view name;
  Patterns patterns;
  std::optional<bool> ignore_merges = {}, clean_up_spaces = {};  // what else must hold
};
constexpr Recognized kRecognized[] = {
    {"gpt-2", kGpt2, false, true},
    {"trillion", kGpt2, false, false},
    {"smollm", kStarcoder, false, false},
    {"starcoder", kStarcoder, false, true},
    {"llama-bpe", kLlama3, true},
    {"smaug-bpe", kLlama3, false},
    {"qwen2", kQwen2, false},
    {"qwen35", kQwen35, false},
    {"deepseek-coder", kDeepseekCoderJson, false},
    {"deepseek-llm", kDeepseekLlmJson, false},
    {"deepseek-v3", kDeepseekV3, false},
    {"tekken", kTekkenJson, true},
    {"gpt-4o", kGpt4oJson, false},
};

// A regex with line ends written as escapes, which files do or do not.
std::string Spelled(const std::string& pattern) { return ReplaceAll(ReplaceAll(pattern, "\r", "\\r"), "\n", "\\n"); }

bool Matches(const std::vector<PreTokenizerStep>& steps, Patterns patterns) {
  const auto is = [](const PreTokenizerStep& step, std::string_view pattern) {
    const auto* split = std::get_if<SplitText>(&step);
    return split != nullptr && split->pattern.is_regex && !split->invert && Spelled(split->pattern.text) == pattern &&
           split->behavior == SplitBehavior::kIsolated;
  };
  return std::equal(steps.begin(), steps.end(), patterns.begin(), patterns.end(), is);
}

}  // namespace

const GgufPreTokenizer* FindGgufPreTokenizer(std::string_view name) {
  for (const GgufPreTokenizer& pre : kPreTokenizers) {
    if (pre.name == name) return &pre;
  }
  return nullptr;
}

std::vector<PreTokenizerStep> StepsOf(const GgufPreTokenizer& pre) {
  std::vector<PreTokenizerStep> steps;
  for (const std::string_view pattern : pre.patterns)
    steps.emplace_back(SplitText{{std::string(pattern), true}, SplitBehavior::kIsolated, false});
  return steps;
}

std::optional<std::string_view> RecognizePreTokenizer(const Vocabulary& vocabulary) {
  for (const Recognized& known : kRecognized) {
    if (known.ignore_merges.value_or(vocabulary.ignore_merges) == vocabulary.ignore_merges &&
        known.clean_up_spaces.value_or(vocabulary.clean_up_spaces) == vocabulary.clean_up_spaces &&
        Matches(vocabulary.pre_tokenizer, known.patterns)) {
      return known.name;
    }
  }
  return std::nullopt;
}

}  // namespace bantam
