// What a graph draws: every node kind, expansion, reproducibility, strata, splits.
#include "task/content_graph.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/file.h"
#include "task/test_support.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::Completions;
using bantam::testing::GraphOf;
using bantam::testing::ParseContent;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Pair;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const char* const kWorld = R"(
first: [Anna, Bo, Cy]
people:
  - {id: a, name: Anna, sort: cat, weight: 3, says: "[hiss|purr]"}
  - {id: b, name: Bo, sort: dog, weight: 1, says: "[wuff|bark]"}
  - {id: c, name: Cy, sort: dog, weight: 0, says: "{place} it is", spare: true}
number: 7
ratio: 0.25
flags: {on: true}
greeting: "[hi|ho]"
nested: {deep: [{text: "{world.first} here"}]}
)";

std::string Draw1(const std::string& nodes, const std::string& completion) {
  return ParseContent(GraphOf(nodes, completion), kWorld).Draw(1, 0, Split::kTrain).completion;
}

TEST(ContentGraphTest, InsertsEveryKindOfValue) {
  const std::string nodes =
      "  place: {choice: [inn]}\n  r: {record: {n: 2, t: 'the {place}', l: [x, '{place}'], m: {d: true}}}\n";
  EXPECT_EQ(Draw1(nodes, "{world.number} {world.ratio} {world.flags.on}"), "7 0.25 true");
  EXPECT_EQ(Draw1(nodes, "{r.n} {r.t|cap} {r.l|list} {r.l.1} {r.m.d}"), "2 The inn x and inn inn true");
  EXPECT_EQ(Draw1(nodes, "{place|a} {place|upper} \\{place\\} <place>"), "an inn INN {place} <place>");
  EXPECT_EQ(Draw1(nodes, "{world.first|list} {world.first|lower|join:+}"), "Anna, Bo and Cy anna+bo+cy");
  EXPECT_EQ(Draw1(nodes, "{world.people.1.name}"), "Bo");
  EXPECT_EQ(Draw1(nodes + "  p: {choice: world.people, only: \"it.id == 'a'\"}\n", "({p.spare})"), "()");
  EXPECT_THAT(Draw1(nodes, "{world.nested.deep.0.text}"), AnyOf("Anna here", "Bo here", "Cy here"));
}

TEST(ContentGraphTest, AlternativesComeByTheirWeights) {
  const auto graph = ParseContent(GraphOf("  t: {template: [x, {text: y, weight: 2}, {text: z, when: \"1 > 2\"}]}\n",
                                          "{t}[a|b*3|c*0]{world.greeting}"),
                                  kWorld);
  int y = 0, b = 0, hi = 0;
  constexpr int kDraws = 3'000;
  for (const auto& [text, count] : Completions(graph, kDraws)) {
    EXPECT_THAT(text, ::testing::MatchesRegex("[xy][ab](hi|ho)"));
    y += text[0] == 'y' ? count : 0;
    b += text[1] == 'b' ? count : 0;
    hi += text.ends_with("hi") ? count : 0;
  }
  EXPECT_NEAR(y, kDraws * 2 / 3, 5 * 26);  // five standard deviations of the binomial
  EXPECT_NEAR(b, kDraws * 3 / 4, 5 * 24);
  EXPECT_NEAR(hi, kDraws / 2, 5 * 28);
}

TEST(ContentGraphTest, ChoicesFollowWeightsAndConditions) {
  const auto by_field = ParseContent(
      GraphOf("  p: {choice: world.people, weights: weight}\n  place: {choice: [inn]}\n", "{p.id}"), kWorld);
  const auto counts = Completions(by_field, 2'000);
  EXPECT_THAT(counts, UnorderedElementsAre(Key("a"), Key("b")));
  EXPECT_NEAR(counts.at("a"), 1'500, 5 * 20);
  const auto by_list = ParseContent(GraphOf("  p: {choice: [a, b, c], weights: [0, 1, 0]}\n", "{p}"));
  EXPECT_THAT(Completions(by_list, 20), ElementsAre(Pair("b", 20)));
  const auto by_only = ParseContent(
      GraphOf("  q: {choice: world.people, only: \"it.sort == 'cat'\"}\n"
              "  p: {choice: world.people, only: \"it.sort != q.sort and not it.spare\"}\n  place: {choice: [inn]}\n",
              "{q.id}{p.id}"),
      kWorld);
  EXPECT_THAT(Completions(by_only, 20), ElementsAre(Pair("ab", 20)));
}

TEST(ContentGraphTest, SeveralElementsAreDistinct) {
  const auto graph =
      ParseContent(GraphOf("  p: {choice: world.people, count: 2, distinct: sort}\n  place: {choice: [inn]}\n",
                           "{p.0.sort}{p.1.sort} {p.0.id}"),
                   kWorld);
  for (const auto& [text, count] : Completions(graph, 100)) {
    EXPECT_THAT(text, AnyOf("catdog a", "dogcat b", "dogcat c"));
  }
  const auto whole = ParseContent(GraphOf("  p: {choice: [x, y, z], count: 3}\n", "{p|join:}"));
  EXPECT_THAT(Completions(whole, 300), SizeIs(6));  // every order
}

TEST(ContentGraphTest, ANodeThatIsAbsentExpandsToNothing) {
  const auto graph =
      ParseContent(GraphOf("  a: {choice: [x, y]}\n  b: {choice: [1, 2], when: \"a == 'x'\"}\n"
                           "  c: {template: '{b}', when: 'b != null'}\n",
                           "{a}{b}{c}"));
  EXPECT_THAT(Completions(graph, 200), UnorderedElementsAre(Key("x11"), Key("x22"), Key("y")));
  for (int i = 0; i < 20; ++i) {
    const Sample sample = graph.Draw(1, i, Split::kTrain);
    EXPECT_EQ(sample.nodes.contains("b"), sample.nodes["a"] == "x");
    EXPECT_EQ(sample.nodes.contains("c"), sample.nodes["a"] == "x");
  }
}

// A text of an element says the same wherever it is used within a sample; one of a file is drawn anew.
TEST(ContentGraphTest, TextsOfElementsStayTheSame) {
  const std::string nodes =
      "  p: {choice: world.people}\n  place: {choice: [inn, hall]}\n  t: {template: '{p.says}'}\n";
  const auto graph = ParseContent(GraphOf(nodes, "{p.says}|{t}|{p.says}"), kWorld);
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    const Sample sample = graph.Draw(1, i, Split::kTrain);
    const std::string& text = sample.completion;
    const std::string first = text.substr(0, text.find('|'));
    EXPECT_EQ(text, first + "|" + first + "|" + first);
    EXPECT_EQ(sample.nodes["p"]["says"], first);
    seen.insert(first);
  }
  EXPECT_THAT(seen, UnorderedElementsAre("hiss", "purr", "wuff", "bark", "inn it is", "hall it is"));
  const auto fresh = ParseContent(GraphOf(nodes, "{world.greeting}{world.greeting}"), kWorld);
  EXPECT_THAT(Completions(fresh, 200), SizeIs(4));
}

TEST(ContentGraphTest, GrammarsExpandRules) {
  const std::string nodes = R"(
  who: {choice: [Anna, Bo]}
  g:
    grammar:
      start: "<greet>  , {who} <end>"
      greet: ["Hear ye", {text: "Hark", when: "who == 'Bo'", weight: 9}]
      end: ["!", ""]
  u: {grammar: {start: "<x:unique><x:unique><x:unique>", x: [a, b, c]}}
  r: {grammar: {start: ["x<start>", ""]}}
)";
  const auto graph = ParseContent(GraphOf(nodes, "{g}/{u}/{r}"));
  std::set<std::string> greetings, orders;
  size_t longest = 0;
  for (int i = 0; i < 300; ++i) {
    const Json nodes_of = graph.Draw(5, i, Split::kTrain).nodes;
    greetings.insert(nodes_of["g"]);
    orders.insert(nodes_of["u"]);
    longest = std::max(longest, nodes_of["r"].get<std::string>().size());
  }
  EXPECT_THAT(greetings, UnorderedElementsAre("Hear ye, Anna!", "Hear ye, Anna", "Hear ye, Bo!", "Hear ye, Bo",
                                              "Hark, Bo!", "Hark, Bo"));
  EXPECT_THAT(orders, UnorderedElementsAre("abc", "acb", "bac", "bca", "cab", "cba"));
  EXPECT_GT(longest, 3u);  // 300 geometric draws
  EXPECT_LT(longest, 30u);
}

TEST(ContentGraphTest, ChoicesOfElements) {
  const std::string world = "teams: [{id: a, members: [x, y]}, {id: b, members: [z]}]\n";
  const auto graph = ParseContent(
      GraphOf("  one: {choice: pair}\n  pair: {choice: team.members, count: 1}\n  team: {choice: world.teams}\n",
              "{team.id}{pair.0}{one}"),
      world);
  EXPECT_THAT(Completions(graph, 100), UnorderedElementsAre(Key("axx"), Key("ayy"), Key("bzz")));
}

TEST(ContentGraphTest, SamplesDependOnSeedIndexAndSplitAlone) {
  const std::string nodes = "  a: {choice: [1, 2, 3, 4, 5, 6, 7, 8, 9]}\n  b: {template: '[a|b|c|d|e|f|g|h]{a}'}\n";
  const auto graph = ParseContent(GraphOf(nodes, "{a}{b}[x|y]", "split: {train: 0.5, test: 0.5}\n"));
  const Sample sample = graph.Draw(3, 5, Split::kTest);
  graph.Draw(4, 5, Split::kTest);
  EXPECT_EQ(ToJson(graph.Draw(3, 5, Split::kTest)).dump(), ToJson(sample).dump());
  std::set<std::string> others;
  for (int i = 0; i < 10; ++i) {
    others.insert(graph.Draw(3, i, Split::kTest).completion);
    others.insert(graph.Draw(3, i, Split::kTrain).completion);
    others.insert(graph.Draw(30 + static_cast<uint64_t>(i), 5, Split::kTest).completion);
  }
  EXPECT_GT(others.size(), 20u);  // of 30 draws from 144 texts
  // A node more changes nothing for the others, even one that is drawn first.
  const auto more =
      ParseContent(GraphOf("  z: {choice: [x, y]}\n" + nodes, "{a}{b}[x|y]", "split: {train: 0.5, test: 0.5}\n"));
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(more.Draw(3, i, Split::kTest).completion, graph.Draw(3, i, Split::kTest).completion);
  }
}

TEST(ContentGraphTest, CellsAreFilledEvenly) {
  const auto graph = ParseContent(
      GraphOf("  b: {choice: [x, y, z], only: \"not (it == 'z' and a == '1')\"}\n  a: {choice: ['1', '2']}\n"
              "  c: {choice: [k, l], when: \"b == 'x'\"}\n",
              "{a}{b}{c}", "stratify: [b, c, a]\nsplit: {train: 0.5, test: 0.5}\n"));
  EXPECT_EQ(graph.cells(Split::kTrain), 7);
  EXPECT_EQ(graph.cells(Split::kValidation), 0);
  for (const Split split : {Split::kTrain, Split::kTest}) {
    const auto counts = Completions(graph, 70, 9, split);
    EXPECT_THAT(counts, UnorderedElementsAre(Pair("1xk", 10), Pair("1xl", 10), Pair("1y", 10), Pair("2xk", 10),
                                             Pair("2xl", 10), Pair("2y", 10), Pair("2z", 10)));
    for (const auto& [text, count] : Completions(graph, 7, 9, split)) EXPECT_EQ(count, 1) << text;
  }
  const std::string cell = graph.Draw(9, 0, Split::kTrain).cell;
  EXPECT_THAT(cell, ::testing::MatchesRegex("a=[12], b=[xyz], c=([kl]|.absent.)"));
}

// `only` reads a node that is not stratified: the sample is drawn again until the cell is met.
TEST(ContentGraphTest, CellsAreMetByRepeatedDraws) {
  const auto graph = ParseContent(GraphOf("  free: {choice: [x, y, z]}\n  a: {choice: [x, y, z], only: 'it != free'}\n",
                                          "{a}{free}", "stratify: [a]\n"));
  const auto counts = Completions(graph, 300);
  EXPECT_THAT(counts, SizeIs(6));
  int x = 0;
  for (const auto& [text, count] : counts) {
    EXPECT_NE(text[0], text[1]);
    x += text[0] == 'x' ? count : 0;
  }
  EXPECT_EQ(x, 100);
}

TEST(ContentGraphTest, PartitionsKeepTheSplitsApart) {
  std::string names;
  for (int i = 0; i < 40; ++i) names += (i > 0 ? ", n" : "n") + std::to_string(i);
  const std::string split = "split: {train: 0.8, validation: 0.1, test: 0.1}\n";
  const auto graph =
      ParseContent(GraphOf("  n: {choice: [" + names +
                               "], partition: true}\n"
                               "  t: {template: '[a|b|c|d|e|f]-[a|b|c|d|e|f]', partition: true}\n"
                               "  g: {grammar: {start: '<x> <x>', x: [k, l, m, n, o, p]}, partition: true}\n",
                           "x", split));
  std::map<std::string, std::map<Split, std::set<std::string>>> values;
  for (const Split s : kSplits) {
    for (int i = 0; i < 600; ++i) {
      const Json nodes = graph.Draw(static_cast<uint64_t>(i), 0, s).nodes;
      for (const auto& [node, value] : nodes.items()) values[node][s].insert(value.get<std::string>());
    }
  }
  EXPECT_EQ(values["n"][Split::kTrain].size(), 32u);
  EXPECT_EQ(values["n"][Split::kTest].size(), 4u);
  for (auto& [node, by_split] : values) {
    size_t count = 0;
    std::set<std::string> all;
    for (const auto& [s, texts] : by_split) {
      count += texts.size();
      all.insert(texts.begin(), texts.end());
    }
    EXPECT_EQ(all.size(), count) << node;
    EXPECT_EQ(count, node == "n" ? 40u : 36u) << node;
  }
  EXPECT_EQ(graph.Describe()["nodes"][0]["partition"].dump(), R"({"train":32,"validation":4,"test":4})");
}

TEST(ContentGraphTest, MessagesAndTags) {
  const auto graph = ParseContent(R"(
schema: bantam.content/1
name: m
nodes: {a: {choice: [{id: 1, text: "x"}]}}
output:
  messages:
    - {role: system, content: S}
    - {role: user, content: "{a.text}?"}
    - {role: assistant, content: "{a.text}!\n"}
  tags: {kind: k, a: "{a.id}"}
)");
  EXPECT_EQ(ToJson(graph.Draw(1, 4, Split::kTrain)).dump(),
            R"({"id":4,"split":"train","messages":[{"role":"system","content":"S"},{"role":"user","content":"x?"},)"
            R"({"role":"assistant","content":"x!\n"}],"tags":{"kind":"k","a":"1"},"nodes":{"a":{"id":1,"text":"x"}}})");
  const auto plain = ParseContent(GraphOf("  a: {choice: [x]}\n", "{a}"));
  EXPECT_EQ(ToJson(plain.Draw(1, 0, Split::kTrain)).dump(),
            R"({"id":0,"split":"train","prompt":"p","completion":"x","tags":{},"nodes":{"a":"x"}})");
}

// Echoes what it was asked.
class EchoEndpoint : public ChatEndpoint {
 public:
  std::string Complete(const ChatRequest& request) override {
    asked.push_back(request);
    return " \n[" + request.messages.back().content + "] {x}\n";
  }
  std::vector<ChatRequest> asked;
};

TEST(ContentGraphTest, EndpointsWriteTexts) {
  const std::string nodes =
      "  who: {choice: [Anna]}\n"
      "  e: {endpoint: {url: 'http://h/v1', model: m, prompt: 'about {who}', system: 'as {who}', max_tokens: 5, "
      "temperature: 0.5,"
      " api_key_env: K}}\n";
  const auto endpoint = std::make_shared<EchoEndpoint>();
  const auto graph = ParseContent(GraphOf(nodes, "<{e}>"), "", endpoint);
  EXPECT_EQ(graph.Draw(1, 0, Split::kTrain).completion, "<[about Anna] {x}>");  // an answer is no template
  graph.Draw(1, 0, Split::kTrain);
  graph.Draw(2, 0, Split::kTrain);
  ASSERT_EQ(endpoint->asked.size(), 3u);
  const ChatRequest& asked = endpoint->asked[0];
  EXPECT_EQ(asked.url, "http://h/v1");
  EXPECT_EQ(asked.model, "m");
  EXPECT_EQ(asked.max_tokens, 5);
  EXPECT_EQ(asked.temperature, 0.5);
  EXPECT_EQ(asked.api_key_env, "K");
  EXPECT_THAT(asked.messages, ElementsAre(Message{"system", "as Anna"}, Message{"user", "about Anna"}));
  EXPECT_EQ(asked.seed, endpoint->asked[1].seed);
  EXPECT_NE(asked.seed, endpoint->asked[2].seed);
  EXPECT_LT(asked.seed, uint64_t{1} << 31);
  EXPECT_BANTAM_ERROR(ParseContent(GraphOf(nodes, "{e}")).Draw(1, 0, Split::kTrain), ErrorCode::kFormat,
                      AllOf(HasSubstr("no endpoint may be asked here"), HasSubstr("--allow-endpoint")));
}

// A variant read beside g.yaml, whose text is `base`.
ContentGraph ParseVariant(const std::string& variant, const std::string& base) {
  const auto read = [&](const std::filesystem::path& path) {
    if (path == "g.yaml") return base;
    if (path != "world.yaml") Fail(ErrorCode::kIo, "cannot open", path.string());
    return std::string(kWorld);
  };
  return ContentGraph::Parse(variant, "variant.yaml", read);
}

TEST(ContentGraphTest, VariantsReplaceNodesAndKeys) {
  const std::string base = GraphOf("  a: {template: x}\n  b: {template: '{a}{a}'}\n", "{b}");
  const auto completion = [&](const std::string& variant) {
    return ParseVariant(variant, base).Draw(1, 0, Split::kTrain).completion;
  };
  EXPECT_EQ(completion("extends: g.yaml\n"), "xx");
  EXPECT_EQ(completion("extends: g.yaml\nnodes:\n  a: {template: '{c}'}\n  c: {template: z}\n"), "zz");
  EXPECT_EQ(completion("extends: g.yaml\noutput: {prompt: q, completion: '{a}'}\n"), "x");
  // The same names of graph and nodes draw the same.
  const std::string choice = GraphOf("  a: {choice: world.first}\n  b: {template: x}\n", "{a}{b}");
  for (int i = 0; i < 20; ++i) {
    const auto other = ParseVariant("extends: g.yaml\nnodes: {b: {template: y}}\n", choice).Draw(1, i, Split::kTrain);
    const auto one = ParseContent(choice, kWorld).Draw(1, i, Split::kTrain);
    EXPECT_EQ(other.nodes.at("a"), one.nodes.at("a"));
    EXPECT_TRUE(other.completion.ends_with("y"));
  }
}

TEST(ContentGraphTest, ErrorsOfVariantsNameTheFileThatIsWrong) {
  const auto error = [](const std::string& variant, const std::string& base) -> std::string {
    try {
      ParseVariant(variant, base);
    } catch (const Error& e) {
      return e.what();
    }
    return "none";
  };
  const std::string good = GraphOf("  a: {template: x}\n", "{a}"), bad = GraphOf("  a: {template: '{gone}'}\n", "{a}");
  EXPECT_THAT(error("extends: g.yaml\nnodes:\n  a: {template: '{gone}'}\n", good),
              HasSubstr("variant.yaml:3: nodes.a"));
  EXPECT_THAT(error("extends: g.yaml\nnodes:\n  c: {template: y}\n", bad), HasSubstr("g.yaml:5: nodes.a"));
  EXPECT_THAT(error("extends: ../g.yaml\n", good), HasSubstr("same folder"));
  EXPECT_THAT(error("extends: g.yaml\n", "extends: other.yaml\n"), HasSubstr("itself extends"));
  EXPECT_THAT(error("extends: none.yaml\n", good), HasSubstr("none.yaml"));
  EXPECT_THAT(error("extends: g.yaml\nnods: {}\n", good), HasSubstr("nods"));
}

TEST(ContentGraphTest, DescribesItself) {
  const auto graph = ParseContent(
      GraphOf("  g: {grammar: {start: '{p.says}'}}\n  p: {choice: world.people}\n  place: {choice: [inn]}\n", "{g}"),
      kWorld);
  const Json description = graph.Describe();
  EXPECT_EQ(description["nodes"][0].dump(), R"({"node":"p","kind":"choice","parents":[],"elements":3})");
  EXPECT_EQ(description["nodes"][1]["node"], "place");
  EXPECT_EQ(description["nodes"][2].dump(), R"({"node":"g","kind":"grammar","parents":["p","place"],"rules":1})");
  EXPECT_EQ(description["splits"].dump(), R"({"train":{"share":1.0,"cells":0}})");
}

// The example of the documentation: what it promises.
TEST(ContentGraphTest, ExampleRuns) {
  const auto graph = ContentGraph::Open(std::filesystem::path(BANTAM_SOURCE_DIR) / "examples/content/tavern.yaml");
  EXPECT_EQ(graph.name(), "tavern");
  EXPECT_EQ(graph.cells(Split::kTrain), 8);  // 3 guests x 3 moods, less the boastful scholars
  for (int i = 0; i < 300; ++i) {
    const Sample sample = graph.Draw(1, i, Split::kTrain);
    ASSERT_EQ(sample.messages.size(), 3u);
    const std::string& sign = sample.messages[2].content;
    EXPECT_THAT(sign, HasSubstr(sample.nodes["house"]["name"].get<std::string>()));
    EXPECT_THAT(sign, HasSubstr(sample.nodes["dishes"][0]["text"].get<std::string>()));
    EXPECT_THAT(sign, Not(AnyOf(HasSubstr("  "), HasSubstr(" ,"), HasSubstr("{"), HasSubstr("["))));
  }
}

}  // namespace
}  // namespace bantam
