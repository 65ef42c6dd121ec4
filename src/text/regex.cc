#include "text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <fmt/core.h>
#include <pcre2.h>

#include <array>

#include "base/error.h"
#include "text/regex_translate.h"

namespace bantam {
namespace {

constexpr uint32_t kMatchLimit = 10'000'000;   // of PCRE2's own counter, per starting position
constexpr uint32_t kHeapLimit_kib = 64 << 10;  // without the just-in-time compiler
constexpr size_t kJitStack_bytes = 16 << 20;   // groups that repeat need stack per repetition
constexpr int kBudgetSpent = -1000;            // below every code of PCRE2, which passes it through

template <auto kFree>
struct FreeWith {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Code = std::unique_ptr<pcre2_code, FreeWith<pcre2_code_free>>;
using CompileContext = std::unique_ptr<pcre2_compile_context, FreeWith<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, FreeWith<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, FreeWith<pcre2_match_data_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, FreeWith<pcre2_jit_stack_free>>;

std::string Message(int code) {
  std::array<PCRE2_UCHAR, 256> text{};
  pcre2_get_error_message(code, text.data(), text.size());
  return reinterpret_cast<const char*>(text.data());
}

int TakeStep(pcre2_callout_block* /*block*/, void* budget) {
  return static_cast<RegexBudget*>(budget)->TakeStep() ? 0 : kBudgetSpent;
}

}  // namespace

struct Regex::Impl {
  Code code;
  bool names_categories = false;
  std::string pattern, where;
};

Regex::Regex(std::string_view pattern, const std::string& where) : impl_(std::make_unique<Impl>()) {
  const TranslatedRegex translated = TranslateRegex(pattern, where);
  impl_->names_categories = translated.names_categories;
  impl_->pattern = pattern;
  impl_->where = where;
  const CompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  size_t offset = 0;
  impl_->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(translated.pattern.data()), translated.pattern.size(),
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &error, &offset, context.get()));
  if (!impl_->code) Fail(ErrorCode::kUnsupported, fmt::format("regex \"{}\": {}", pattern, Message(error)), where);
  pcre2_jit_compile(impl_->code.get(), PCRE2_JIT_COMPLETE);  // without it, matching is slower and as right
}

Regex::~Regex() = default;
Regex::Regex(Regex&&) noexcept = default;

std::string_view Regex::View(const RegexSubject& subject) const {
  return impl_->names_categories ? subject.categories() : subject.characters();
}

struct Regex::Finder::Impl {
  const Regex::Impl& regex;
  MatchContext context;
  MatchData data;
  JitStack stack;

  int Match(std::string_view text, size_t from) {
    // RegexSubject hands out valid UTF-8 only, and `from` is where a match ended.
    return pcre2_match(regex.code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                       PCRE2_NO_UTF_CHECK, data.get(), context.get());
  }
};

Regex::Finder::Finder(const Regex& regex, RegexBudget& budget)
    : impl_(std::make_unique<Impl>(Impl{*regex.impl_, MatchContext(pcre2_match_context_create(nullptr)),
                                        MatchData(pcre2_match_data_create(1, nullptr)), nullptr})) {
  if (!impl_->context || !impl_->data) Fail(ErrorCode::kMemory, "no memory to run a regex", regex.impl_->where);
  pcre2_set_match_limit(impl_->context.get(), kMatchLimit);
  pcre2_set_depth_limit(impl_->context.get(), kMatchLimit);
  pcre2_set_heap_limit(impl_->context.get(), kHeapLimit_kib);
  pcre2_set_callout(impl_->context.get(), TakeStep, &budget);
}

Regex::Finder::~Finder() = default;

std::optional<Regex::Match> Regex::Finder::Find(std::string_view text, size_t from) {
  int result = impl_->Match(text, from);
  if (result == PCRE2_ERROR_JIT_STACKLIMIT && !impl_->stack) {
    impl_->stack.reset(pcre2_jit_stack_create(32 << 10, kJitStack_bytes, nullptr));
    pcre2_jit_stack_assign(impl_->context.get(), nullptr, impl_->stack.get());
    result = impl_->Match(text, from);
  }
  if (result == PCRE2_ERROR_NOMATCH) return std::nullopt;
  if (result < 0) {
    const std::string reason = result == kBudgetSpent ? "it takes too many steps" : Message(result);
    Fail(ErrorCode::kUnsupported, fmt::format("regex \"{}\" fails on this text: {}", impl_->regex.pattern, reason),
         impl_->regex.where);
  }
  const size_t* ends = pcre2_get_ovector_pointer(impl_->data.get());
  return Match{ends[0], ends[1]};
}

}  // namespace bantam
