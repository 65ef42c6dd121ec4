// Templates that try to use up the machine: each ends with a clear error, soon.
#include <chrono>
#include <string>

#include "base/error.h"
#include "testing/testing.h"
#include "text/chat_template.h"

namespace bantam {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Render(const std::string& source, ChatTemplateLimits limits = {}) {
  return ChatTemplate(source, "hostile", limits).Render(Json::object());
}

std::string Repeat(const std::string& text, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

struct Case {
  std::string source;
  std::string complaint;
};

const Case kCases[] = {
    // Time
    {"{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}", "steps"},
    {"{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(60) }}", "steps"},
    {"{% for i in range(100000) %}{% set x = ('a' * 1000000) | length %}{% endfor %}", "steps"},
    {"{% for i in range(100000) %}{{ (range(100000) | list) == (range(100000) | list) }}{% endfor %}", "steps"},
    {"{% set a = 'a' * 4000000 %}{% for i in range(100000) %}{% set b = ('a' * 1000000 ~ 'b') in a %}{% endfor %}",
     "steps"},
    {"{% set a = 'a' * 4000000 %}{% for i in range(100000) %}{% set b = a.rfind('b' ~ 'a' * 1000000) %}{% endfor %}",
     "steps"},
    {"{% set ns = namespace(t=(1,)) %}{% for i in range(60) %}{% set ns.t = (ns.t, ns.t) %}{% endfor %}{{ {ns.t: 1} }}",
     "steps"},
    {"{% set ns = namespace(t=[]) %}{% for i in range(60) %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.t | tojson "
     "| length }}",
     "steps"},
    {"{% set ns = namespace(t='é' * 300000) %}{% for i in range(100000) %}{% set c = ns.t[i] %}{% endfor %}", "steps"},
    {"{% for i in range(100000) %}{% for x in range(3) | slice(1000000000000) %}{% endfor %}{% endfor %}", "steps"},
    // Memory
    {"{{ 'a' * 10 ** 9 }}", "bytes"},
    {"{{ 10 ** 12 * [0] }}", "bytes"},
    {"{{ 9223372036854775807 * 'ab' }}", "bytes"},
    {"{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
     "bytes|steps"},
    {"{% set ns = namespace(s='ab') %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
     "bytes|steps"},
    {"{% set ns = namespace(s=[1]) %}{% for i in range(100) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "bytes|steps"},
    {"{{ 'a'.center(10 ** 12) }}", "bytes"},
    {"{{ 'a' | center(10 ** 12) }}", "bytes"},
    {"{{ 'a'.zfill(10 ** 12) }}", "bytes"},
    {"{{ 'a'.ljust(9223372036854775807, 'é') }}", "bytes"},
    {"{{ '%999999999999d' % 1 }}", "bytes"},
    {"{{ '%*d' % (9223372036854775807, 1) }}", "bytes"},
    {"{{ '{:>999999999999}'.format('a') }}", "bytes"},
    {"{{ 'a' | indent(10 ** 12) }}", "bytes"},
    {"{{ [1] | tojson(indent=10 ** 12) }}", "bytes"},
    {"{{ ('a' * 1000000) | replace('a', 'b' * 1000) | length }}", "bytes|steps"},
    {"{{ ('a' * 1000000).replace('', 'b' * 1000) }}", "bytes|steps"},
    {"{{ range(100000) | join('x' * 100000) | length }}", "bytes"},
    {"{{ ('a\\n' * 2000000) | indent(1000) | length }}", "bytes|steps"},
    {"{{ ('a ' * 20000000).split() | length }}", "bytes|steps"},
    {"{{ ('\\n' * 50000000).splitlines() | length }}", "bytes|steps"},
    {"{{ [1] | batch(10 ** 15, 'x') | list }}", "bytes|steps"},
    {"{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}", "writes more than"},
    {"{% set a %}{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}{% endset %}", "writes more than|bytes"},
    // Depth
    {"{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "inside each other"},
    {"{% macro f() %}{% call g() %}{% endcall %}{% endmacro %}{% macro g() %}{{ caller }}{{ f() }}{% endmacro %}{{ f() "
     "}}",
     "inside each other"},
    {"{{ " + Repeat("(", 200) + "1" + Repeat(")", 200) + " }}", "levels deep"},
    {"{{ " + Repeat("[", 100000), "levels deep"},
    {"{{ " + Repeat("-", 100000) + "1 }}", "levels deep"},
    {"{{ " + Repeat("not ", 100000) + "1 }}", "levels deep"},
    {"{{ a" + Repeat(".b", 100000) + " }}", "levels deep"},
    {"{{ a" + Repeat("|upper", 100000) + " }}", "levels deep"},
    {"{{ a" + Repeat("(", 1) + Repeat(")(", 100000) + ") }}", "levels deep"},
    {"{{ 1" + Repeat(" if 1 else 1", 50000) + " }}", "levels deep"},
    {"{{ 2" + Repeat(" ** 1", 100000) + " }}", "levels deep"},
    {Repeat("{% if 1 %}", 50000), "levels deep"},
    {Repeat("{% for a in b %}", 50000), "levels deep"},
    {"{% set " + Repeat("(", 50000) + "a", "levels deep"},
    {"{% set ns = namespace(g=[1]) %}{% for i in range(50000) %}{% set ns.g = ns.g | map('string') %}{% endfor %}{{ "
     "ns.g | list }}",
     "nests more than"},
    {"{% set ns = namespace(x=[]) %}{% for i in range(50000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}",
     "nests more than"},
    {"{% set ns = namespace(x=[]) %}{% for i in range(50000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson }}",
     "nests more than"},
    {"{% set a = namespace(x=[]) %}{% set b = namespace(x=[]) %}{% for i in range(50000) %}{% set a.x = [a.x] %}{% set "
     "b.x = [b.x] %}"
     "{% endfor %}{{ a.x == b.x }}",
     "nests more than"},
    {"{% set a = namespace(x=()) %}{% for i in range(50000) %}{% set a.x = (a.x,) %}{% endfor %}{{ {a.x: 1} }}",
     "nests more than"},
    {"{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}", "nests more than"},
};

TEST(JinjaLimits, HostileTemplatesEndWithAnError) {
  for (const Case& hostile : kCases) {
    const std::string shown = hostile.source.substr(0, 120);
    const auto start = std::chrono::steady_clock::now();
    try {
      Render(hostile.source);
      ADD_FAILURE() << "no error from " << shown;
    } catch (const Error& error) {
      EXPECT_EQ(ErrorCodeName(error.code()), "memory") << shown << "\n" << error.what();
      EXPECT_THAT(error.where(), HasSubstr("hostile, line 1")) << shown;
      const size_t bar = hostile.complaint.find('|');
      const bool either =
          bar != std::string::npos && error.message().find(hostile.complaint.substr(bar + 1)) != std::string::npos;
      if (!either) {
        EXPECT_THAT(error.message(), HasSubstr(hostile.complaint.substr(0, bar))) << shown;
      }
    }
    // A million steps take about a tenth of a second; sanitizers make that twenty times as long.
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << shown;
  }
}

TEST(JinjaLimits, LongButFlatTemplatesAreFine) {
  EXPECT_EQ(Render("{{ 0" + Repeat(" + 1", 20000) + " }}"), "20000");
  EXPECT_EQ(Render("{{ ''" + Repeat(" ~ 'a'", 20000) + " }}"), Repeat("a", 20000));
  EXPECT_EQ(Render("{{ 0" + Repeat(" or 0", 20000) + " }}"), "0");
  EXPECT_EQ(Render("{% if 0 %}" + Repeat("{% elif 0 %}", 20000) + "{% else %}x{% endif %}"), "x");
  EXPECT_EQ(Render(Repeat("{% set a = 1 %}{{ a }}", 20000)), Repeat("1", 20000));
}

// Names in many branches once made the scope analysis quadratic.
TEST(JinjaLimits, ManyNamesAreResolvedQuickly) {
  std::string source;
  for (int i = 0; i < 20000; ++i) {
    const std::string name = "n" + std::to_string(i);
    source += "{% if " + name + " %}{% set " + name + " = 1 %}{% endif %}";
  }
  EXPECT_EQ(Render(source), "");
}

TEST(JinjaLimits, DeepValuesAreFreedWithoutDeepRecursion) {
  EXPECT_EQ(Render("{% set ns = namespace(x=[]) %}{% for i in range(100000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ "
                   "ns.x | length }}"),
            "1");
  EXPECT_EQ(Render("{% set h = namespace(last=namespace()) %}{% for i in range(50000) %}{% set cur = h.last %}"
                   "{% set cur.x = namespace() %}{% set h.last = cur.x %}{% endfor %}ok"),
            "ok");
}

// The leak check of AddressSanitizer watches these.
TEST(JinjaLimits, CyclesAreFreed) {
  EXPECT_EQ(Render("{% set ns = namespace() %}{% set ns.me = ns %}{% set ns.list = [ns] %}ok"), "ok");
  EXPECT_EQ(Render("{% set ns = namespace() %}{% for i in [1, 2] %}{% set ns.loop = loop %}{{ loop.changed(loop) }}{% "
                   "endfor %}"),
            "TrueFalse");
  EXPECT_EQ(Render("{% macro outer() %}{% macro inner() %}{{ inner is defined }}{% endmacro %}{{ inner() }}{% endmacro "
                   "%}{{ outer() }}"),
            "True");
  EXPECT_EQ(Render("{% set ns = namespace() %}{% set ns.g = [ns] | select %}{% set ns.h = [ns.g] | map('list') %}ok"),
            "ok");
  EXPECT_BANTAM_ERROR(Render("{% set ns = namespace() %}{% set ns.me = [ns, 'a' * 1000] %}{{ ns.me.x.y }}"),
                      ErrorCode::kFormat, HasSubstr("has no attribute 'x'"));
}

TEST(JinjaLimits, AGeneratorThatAsksForItselfFails) {
  // The loop's filter asks for the loop's length, which needs the filter.
  const std::string source =
      "{% set ns = namespace(l=none) %}{% for i in range(5) if ns.l is none or ns.l.length %}{% set ns.l = loop %}{% "
      "endfor %}";
  EXPECT_BANTAM_ERROR(Render(source), ErrorCode::kFormat, HasSubstr("already executing"));
}

TEST(JinjaLimits, TheGivenLimitsHold) {
  EXPECT_EQ(Render("{% for i in range(10) %}{{ i }}{% endfor %}", {.steps = 100}), "0123456789");
  EXPECT_BANTAM_ERROR(Render("{% for i in range(100) %}{{ i }}{% endfor %}", {.steps = 100}), ErrorCode::kMemory,
                      HasSubstr("more than 100 steps"));
  EXPECT_EQ(Render("{{ 'a' * 100 }}", {.output_bytes = 100}), Repeat("a", 100));
  EXPECT_BANTAM_ERROR(Render("{{ 'a' * 101 }}", {.output_bytes = 100}), ErrorCode::kMemory,
                      HasSubstr("writes more than 100 bytes"));
  EXPECT_EQ(Render("{% set x = 'a' * 50000 %}", {.memory_bytes = 100000}), "");
  EXPECT_BANTAM_ERROR(Render("{% set x = 'a' * 150000 %}", {.memory_bytes = 100000}), ErrorCode::kMemory,
                      HasSubstr("more than 100000 bytes"));
  EXPECT_BANTAM_ERROR(Render("{{ ((((((1)))))) }}", {.depth = 5}), ErrorCode::kMemory, HasSubstr("5 levels deep"));
  EXPECT_EQ(Render("{{ (((1))) }}", {.depth = 5}), "1");
  const std::string recursion = "{% macro f(n) %}{{ n }}{% if n %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(4) }}";
  EXPECT_EQ(Render(recursion, {.depth = 6}), "43210");
  EXPECT_BANTAM_ERROR(Render("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", {.depth = 4}), ErrorCode::kMemory,
                      HasSubstr("4 macro calls"));
  EXPECT_BANTAM_ERROR(Render(std::string((1 << 20) + 1, 'a')), ErrorCode::kMemory, HasSubstr("1048577 bytes"));
}

}  // namespace
}  // namespace bantam
