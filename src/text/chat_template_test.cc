#include "text/chat_template.h"

#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using ::testing::HasSubstr;

Json Context(const std::string& text) { return ParseJson(text, "test"); }

std::string Render(const std::string& source, const std::string& context = "{}") {
  return ChatTemplate(source).Render(Context(context));
}

// What chat templates are made of; every expected text is python3-jinja2's. The long list is recorded_answers_test.cc.
TEST(ChatTemplate, RendersWhatPublicTemplatesUse) {
  struct Case {
    const char *source, *context, *expected;
  };
  const Case cases[] = {
      {"{% for m in messages %}<|{{ m.role }}|>{{ m['content'] | trim }}\n{% endfor %}",
       R"({"messages": [{"role": "user", "content": " hi "}, {"role": "assistant", "content": ""}]})",
       "<|user|>hi\n<|assistant|>\n"},
      {"{%- for m in messages[::-1] -%}\n  {{ m }}\n{%- endfor -%}\n x", R"({"messages": [1, 2, 3]})", "321x"},
      {"  {% if x %}\n    a\n  {% endif %}\nb\n", R"({"x": true})", "    a\nb"},
      {"{% set ns = namespace(n=0) %}{% for i in xs %}{% set ns.n = ns.n + i %}{% set y = i %}{% endfor %}{{ ns.n }}{{ "
       "y }}",
       R"({"xs": [1, 2, 3]})", "6"},
      {"{% for i in xs if i != 2 %}{{ loop.index }}/{{ loop.length }}:{{ i }}{{ ',' if not loop.last }}{% endfor %}",
       R"({"xs": [1, 2, 3]})", "1/2:1,2/2:3"},
      {"{% for i in xs %}{{ loop.previtem }}<{{ i }}>{{ loop.nextitem }};{% endfor %}", R"({"xs": [1, 2]})",
       "<1>2;1<2>;"},
      {"{% macro f(a, b='x') %}{{ a }}{{ b }}{% endmacro %}{{ f(1) }}{{ f(b=2, a=3) }}", "{}", "1x32"},
      {"{{ tool | tojson(indent=2) }}", R"({"tool": {"name": "é", "n": [1, 1.0, null, true], "e": {}}})",
       "{\n  \"name\": \"é\",\n  \"n\": [\n    1,\n    1.0,\n    null,\n    true\n  ],\n  \"e\": {}\n}"},
      {"{{ xs }} {{ d }} {{ none }} {{ true }} {{ 1e16 }} {{ 0.1 + 0.2 }}",
       R"({"xs": ["a", "it's"], "d": {"k": null}})", "['a', \"it's\"] {'k': None} None True 1e+16 0.30000000000000004"},
      {"{{ x }}{{ x.y is defined }}{{ nope is defined }}{{ nope | default('d') }}", R"({"x": {"y": 1}})",
       "{'y': 1}TrueFalsed"},
      {"{{ content.split('</think>')[-1].lstrip('\\n') }}", R"({"content": "<think>\nhm\n</think>\n\nyes"})", "yes"},
      {"{% set x %}{{ x }}!{% endset %}{{ x }}", R"({"x": "context"})", "!"},
      {"{% generation %}{{ x }}{% endgeneration %}", R"({"x": "body"})", "body"},
      {"{% for k, v in d | items %}{{ k }}={{ v }} {% endfor %}{{ d.items() }}", R"({"d": {"a": 1}})",
       "a=1 dict_items([('a', 1)])"},
      {"{{ messages | selectattr('role', 'equalto', 'user') | map(attribute='content') | join('|') }}",
       R"({"messages": [{"role": "user", "content": "a"}, {"role": "tool"}, {"role": "user", "content": "b"}]})",
       "a|b"},
      {"{{ '%s is %d' % ('a', 3.9) }} {{ '{} {:>4}'.format(1, 'x') }} {{ 7 // 2 }} {{ -7 % 3 }} {{ 2 ** -1 }}", "{}",
       "a is 3 1    x 3 2 0.5"},
      {"{{ u[1:4] }} {{ u | length }} {{ u[::-1] }} {{ u | upper }}", R"({"u": "aé漢🙂ß"})",
       "é漢🙂 5 ß🙂漢éa AÉ漢🙂SS"},
      {"{% for i in range(9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% "
       "endfor %}",
       "{}", "013"},
      {"{% raw %}{{ x }}{% endraw %}{# gone #}{{ '{{' }}", "{}", "{{ x }}{{"},
      {"{{ strftime_now('%d %b %Y') | length }}", "{}", "11"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Render(c.source, c.context), c.expected) << c.source;
  }
}

TEST(ChatTemplate, NamesLineAndProblemOfASyntaxError) {
  const std::pair<const char*, const char*> cases[] = {
      {"a\nb\n{% if x %}", "chat template, line 3: 'if' is not closed by 'endif'"},
      {"\n{{ 1 + }}", "chat template, line 2: an expression expected, not '}}'"},
      {"{{ x", "chat template, line 1: '}}' expected, not the end of the template"},
      {"\n\n{% endfor %}", "chat template, line 3: unknown tag 'endfor'"},
      {"{% for i in x %}\n{% endif %}", "chat template, line 2: unknown tag 'endif'; 'endfor' is looked for"},
      {"{{ x | nofilter }}", "chat template, line 1: no filter 'nofilter' is known"},
      {"{{ x is notest }}", "chat template, line 1: no test 'notest' is known"},
      {"{# open\n", "chat template, line 1: a comment is not closed by #}"},
      {"{% raw %}\n\n", "chat template, line 1: a raw block is not closed by endraw"},
      {"{{ 'open }}", "chat template, line 1: a string is not closed"},
      {"{{ (1] }}", "chat template, line 1: unexpected ']'"},
      {"{{ 1 ? 2 }}", "chat template, line 1: unexpected character '?'"},
      {"{% set 'a' = 1 %}", "chat template, line 1: this cannot be assigned to"},
      {"{% break %}", "chat template, line 1: 'break' outside a loop"},
      {"{% for loop in x %}{% endfor %}", "chat template, line 1: the special variable 'loop' cannot be assigned to"},
      {"{{ f(a=1, 2) }}", "chat template, line 1: arguments in the wrong order"},
      {"{% macro f(a, a) %}{% endmacro %}", "chat template, line 1: the parameter 'a' stands twice"},
      {"{{ '\\ud83d' }}", "chat template, line 1: an escape names no character of Unicode"},
      {"{{ a\n.b\n.c | nofilter }}", "chat template, line 3: no filter 'nofilter' is known"},
  };
  for (const auto& [source, message] : cases) {
    SCOPED_TRACE(source);
    EXPECT_BANTAM_ERROR(static_cast<void>(ChatTemplate(source)), ErrorCode::kFormat, message);
  }
  EXPECT_BANTAM_ERROR(ChatTemplate("\xff{{ x }}", "model.gguf"), ErrorCode::kFormat,
                      "model.gguf: the template is not valid UTF-8");
}

TEST(ChatTemplate, NamesLineAndConstructOfWhatItDoesNotSupport) {
  const std::pair<const char*, const char*> at_once[] = {
      {"\n{% include 'a' %}", "chat template, line 2: the tag 'include' is not supported"},
      {"{% block a %}{% endblock %}", "chat template, line 1: the tag 'block' is not supported"},
      {"{% for x in y recursive %}{% endfor %}", "chat template, line 1: a recursive loop is not supported"},
      {"\n\n{{ x | urlize }}", "chat template, line 3: the filter 'urlize' is not supported"},
      {"{{ 99999999999999999999 }}", "chat template, line 1: the integer 99999999999999999999 needs more than 64 bits"},
      {"{{ self.title() }}", "chat template, line 1: the variable 'self' is not supported"},
  };
  for (const auto& [source, message] : at_once) {
    SCOPED_TRACE(source);
    EXPECT_BANTAM_ERROR(static_cast<void>(ChatTemplate(source)), ErrorCode::kUnsupported, message);
  }
  const std::pair<const char*, const char*> when_reached[] = {
      {"{{ 9223372036854775807 + 1 }}", "chat template, line 1: + gives an integer beyond 64 bits"},
      {"\n{{ [1] | map('string') }}", "chat template, line 2: printing a generator is not supported (add |list)"},
      {"{{ 'a'.encode() }}", "chat template, line 1: method 'encode' is not supported"},
      {"{{ cycler(1) }}", "chat template, line 1: function 'cycler' is not supported"},
      {"{% if true %}{{ 'x' | urlize }}{% endif %}", "chat template, line 1: filter 'urlize' is not supported"},
  };
  for (const auto& [source, message] : when_reached) {
    SCOPED_TRACE(source);
    EXPECT_BANTAM_ERROR(Render(source), ErrorCode::kUnsupported, message);
  }
  // What is never reached does no harm, as in Jinja.
  EXPECT_EQ(Render("{% if tools %}{{ tools | urlize }}{{ tools | nofilter }}{% endif %}ok"), "ok");
}

TEST(ChatTemplate, NamesLineAndProblemOfAFailure) {
  const std::pair<const char*, const char*> cases[] = {
      {"a\n{{ x.y }}", "chat template, line 2: 'x' is undefined"},
      {"{{ d.a.b }}", "chat template, line 1: 'dict object' has no attribute 'a'"},
      {"{{ 'a' + 1 }}", "chat template, line 1: unsupported operand types for +: 'str' and 'int'"},
      {"{{ 1 / 0 }}", "chat template, line 1: division by zero"},
      {"{{ range(10 ** 9) }}", "chat template, line 1: range() is too big: more than 100000 items"},
      {"{{ [1, 'a'] | sort }}", "chat template, line 1: 'str' and 'int' have no order"},
      {"{% for a, b in [[1]] %}{% endfor %}", "chat template, line 1: not enough values to unpack (expected 2, got 1)"},
      {"{% macro f() %}\n{{ 1 + none }}{% endmacro %}\n\n{{ f() }}",
       "chat template, line 2: unsupported operand types for +: 'int' and 'NoneType'"},
      {"{{ [].append(1) }}", "chat template, line 1: access to attribute 'append' of 'list object' is unsafe"},
      {"{% set s.a = 1 %}", "chat template, line 1: cannot assign attribute on non-namespace object"},
      {"{{ d | tojson(5, 6, 7, 8, 9, 10) }}",
       "chat template, line 1: tojson() takes at most 5 arguments, 7 were given"},
  };
  for (const auto& [source, message] : cases) {
    SCOPED_TRACE(source);
    EXPECT_BANTAM_ERROR(Render(source, R"({"d": {}})"), ErrorCode::kFormat, message);
  }
}

TEST(ChatTemplate, RaiseExceptionIsAUsageErrorWithItsText) {
  const ChatTemplate chat_template(
      "{% for m in messages %}\n{{ raise_exception('Roles must alternate: ' ~ m) }}{% endfor %}", "model.gguf");
  try {
    chat_template.Render(Context(R"({"messages": ["user"]})"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    EXPECT_EQ(error.message(), "Roles must alternate: user");
    EXPECT_EQ(error.where(), "model.gguf, line 2");
  }
}

TEST(ChatTemplate, TheContextIsChecked) {
  EXPECT_BANTAM_ERROR(ChatTemplate("x").Render(Json::array()), ErrorCode::kUsage, HasSubstr("must be a JSON object"));
  Json context = Json::object();
  context["messages"] = Json::array({"\xff"});
  EXPECT_BANTAM_ERROR(ChatTemplate("x").Render(context), ErrorCode::kUsage,
                      HasSubstr("'messages' holds text that is not valid UTF-8"));
  EXPECT_BANTAM_ERROR(Render("x", R"({"n": 18446744073709551615})"), ErrorCode::kUnsupported,
                      HasSubstr("'n' holds an integer beyond"));
  EXPECT_EQ(Render("{{ n }}", R"({"n": -9223372036854775808})"), "-9223372036854775808");
  EXPECT_EQ(Render("{{ range }}", R"({"range": "mine"})"), "mine");
}

TEST(ChatTemplate, StrftimeNowUsesTheGivenTime) {
  const ChatTemplate chat_template("{{ strftime_now('%d %b %Y %H:%M:%S %A %j %-d|%y %m %p %I %%') }}");
  EXPECT_EQ(chat_template.Render(Json::object(), 1735689845), "01 Jan 2025 00:04:05 Wednesday 001 1|25 01 AM 12 %");
  EXPECT_EQ(chat_template.Render(Json::object(), -1), "31 Dec 1969 23:59:59 Wednesday 365 31|69 12 PM 11 %");
  EXPECT_EQ(ChatTemplate("{{ strftime_now('%Y') }}").Render(Json::object()).size(), 4u);
  EXPECT_BANTAM_ERROR(Render("{{ strftime_now('%Q') }}"), ErrorCode::kUnsupported, HasSubstr("strftime_now with '%Q'"));
  EXPECT_BANTAM_ERROR(Render("{{ strftime_now('%') }}"), ErrorCode::kUnsupported, HasSubstr("strftime_now with '%'"));
  EXPECT_BANTAM_ERROR(ChatTemplate("{{ strftime_now('%Y') }}").Render(Json::object(), INT64_MAX), ErrorCode::kFormat,
                      HasSubstr("has no date"));
}

TEST(ChatTemplate, OneTemplateRendersInSeveralThreads) {
  const ChatTemplate chat_template(
      "{% macro f(x) %}<{{ x }}>{% endmacro %}{% for m in messages %}{{ f(m) ~ 'é' }}{% endfor %}");
  std::vector<std::string> results(4);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < results.size(); ++i) {
    threads.emplace_back([&, i] {
      for (int pass = 0; pass < 50; ++pass) results[i] = chat_template.Render(Context(R"({"messages": ["a", "b"]})"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& result : results) EXPECT_EQ(result, "<a>é<b>é");
}

TEST(ChatTemplate, CanBeMoved) {
  ChatTemplate first("{{ x }}");
  const ChatTemplate second(std::move(first));
  EXPECT_EQ(second.Render(Context(R"({"x": 1})")), "1");
}

// The six templates on one conversation; tests/interop/chat_templates.py compares 69 renderings of each with Jinja2.
TEST(ChatTemplate, RendersTheSharedTemplates) {
  BANTAM_NEEDS_DATA();
  const std::pair<const char*, const char*> cases[] = {
      {"Qwen-Qwen2.5-7B-Instruct",
       "<|im_start|>system\nBe terse.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nHo<|im_end|>\n"
       "<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n"},
      {"deepseek-ai-DeepSeek-R1-Distill-Qwen-32B",
       "<s>Be terse.<｜User｜>Hi<｜Assistant｜>Ho<｜end▁of▁sentence｜><｜User｜>Bye<｜Assistant｜><think>\n"},
      {"meta-llama-Llama-3.2-3B-Instruct",
       "<s><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nToday Date: 01 Jan "
       "2025\n\nBe terse.<|eot_id|>"
       "<|start_header_id|>user<|end_header_id|>\n\nHi<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHo<|"
       "eot_id|>"
       "<|start_header_id|>user<|end_header_id|>\n\nBye<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"},
      {"microsoft-Phi-3.5-mini-instruct",
       "<|system|>\nBe "
       "terse.<|end|>\n<|user|>\nHi<|end|>\n<|assistant|>\nHo<|end|>\n<|user|>\nBye<|end|>\n<|assistant|>\n"},
      {"google-gemma-2-2b-it", "System role not supported"},
      {"NousResearch-Hermes-2-Pro-Llama-3-8B-tool_use", nullptr},
  };
  const Json context = Context(R"({"bos_token": "<s>", "eos_token": "</s>", "add_generation_prompt": true, "messages": [
      {"role": "system", "content": "Be terse."}, {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "Ho"}, {"role": "user", "content": "Bye"}]})");
  for (const auto& [name, expected] : cases) {
    std::ifstream file(testing::DataFolder() / "tokenizer" / "templates" / (std::string(name) + ".jinja"));
    ASSERT_TRUE(file) << name;
    std::stringstream source;
    source << file.rdbuf();
    const ChatTemplate chat_template(source.str(), name);
    if (std::string(name).starts_with("google")) {
      EXPECT_BANTAM_ERROR(chat_template.Render(context), ErrorCode::kUsage, HasSubstr(expected));
    } else if (expected != nullptr) {
      EXPECT_EQ(chat_template.Render(context, 1735689845), expected) << name;
    } else {
      EXPECT_THAT(chat_template.Render(context),
                  ::testing::EndsWith("<|im_start|>user\nBye<|im_end|>\n<|im_start|>assistant\n"));
    }
  }
}

}  // namespace
}  // namespace bantam
