// Every way a content graph can be wrong has one clear error that names the file, the line and the node.
#include <gmock/gmock.h>

#include "task/test_support.h"
#include "testing/testing.h"

namespace bantam {
namespace {

using bantam::testing::GraphOf;
using bantam::testing::ParseContent;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const char* const kWorld = R"(people:
  - {id: a, name: Anna, weight: 1}
  - {id: b, name: Bo, weight: many}
names: [x, "{gone}", "[open"]
empty: []
pairs: {list: [{id: 1}, {id: 2}]}
two: [x, y]
)";

struct Case {
  const char* nodes;  // from line 5 on
  const char* completion;
  const char* place;
  const char* says;
};

TEST(ContentGraphBadInputTest, NodesAreCheckedWhenTheFileIsRead) {
  const Case cases[] = {
      // keys and kinds
      {"  a: {choise: [x]}\n", "", "g.yaml:5: nodes.a: ", "has 0 of choice"},
      {"  a: {choice: [x], template: y}\n", "", "g.yaml:5: nodes.a: ", "has 2 of choice"},
      {"  a:\n    choice: [x]\n    wieghts: [1]\n", "", "g.yaml:7: nodes.a.wieghts: ", "did you mean 'weights'?"},
      {"  a: {template: [{text: x, wen: y}]}\n", "", "g.yaml:5: nodes.a.template.0.wen: ", "did you mean 'when'?"},
      {"  a: 3\n", "", "g.yaml:5: nodes.a: ", "a map of keys is needed"},
      {"  a: {choice: [x], partition: 1}\n", "", "g.yaml:5: nodes.a: ", "true or false"},
      {"  a b: {choice: [x]}\n", "", "g.yaml:5: nodes.a b: ", "is no path"},
      {"  it: {choice: [x]}\n", "", "g.yaml:5: nodes.it: ", "cannot be the name"},
      {"  world: {choice: [x]}\n", "", "g.yaml:5: nodes.world: ", "has the name of a file"},
      // paths
      {"  a: {choice: world.poeple}\n", "", "g.yaml:5: nodes.a: ", "world has no \"poeple\" (did you mean 'people'?)"},
      {"  a: {choice: wrld.people}\n", "", "g.yaml:5: nodes.a: ", "no node or file \"wrld\" (did you mean 'world'?)"},
      {"  a: {choice: world.two}\n", "{a.id}", "g.yaml:6: output.completion: ", "a has no \"id\""},
      {"  a: {choice: world.pairs.list}\n", "{a}", "g.yaml:6: output.completion: ", "stands for a record"},
      {"  a: {choice: world.pairs.list}\n", "{a.di}", "g.yaml:6: output.completion: ", "did you mean 'id'?"},
      {"  a: {choice: world.two, count: 2}\n", "{a.id}", "g.yaml:6: output.completion: ", "a is a list of elements"},
      {"  a: {template: x}\n", "{a.b}", "g.yaml:6: output.completion: ", "a is a text and has no fields"},
      {"  a: {record: {b: x}}\n", "{a.c}", "g.yaml:6: output.completion: ", "a has no \"c\" (known: b)"},
      {"  a: {record: {b: {c: x}}}\n", "{a.b}", "g.yaml:6: output.completion: ", "stands for a record"},
      {"  a: {choice: [x]}\n", "{world.pairs.list.id}", "g.yaml:6: output.completion: ", "world.pairs.list is a list"},
      {"  a: {choice: [x]}\n", "{it}", "g.yaml:6: output.completion: ", "no node or file \"it\""},
      {"  a: {template: x, when: 'b == 1'}\n", "", "g.yaml:5: nodes.a.when: ", "no node or file \"b\""},
      {"  a: {choice: [x], only: 'it.id == 1'}\n", "", "g.yaml:5: nodes.a.only: ", "it has no \"id\""},
      // texts of files, with their place
      {"  a: {choice: world.names}\n", "{a}", "world.yaml:4: names.1: ", "no node or file \"gone\""},
      {"  a: {choice: world.names}\n  gone: {choice: [x]}\n", "{a}", "world.yaml:4: names.2: ", "\"[\" is not closed"},
      // choices
      {"  a: {choice: world.empty}\n", "", "g.yaml:5: nodes.a: ", "\"world.empty\" is an empty list"},
      {"  a: {choice: []}\n", "", "g.yaml:5: nodes.a: ", "is an empty list"},
      {"  a: {choice: world.pairs}\n", "", "g.yaml:5: nodes.a: ", "is object, a list is needed"},
      {"  a: {choice: b}\n  b: {template: x}\n", "", "g.yaml:5: nodes.a: ", "\"b\" is no list"},
      {"  a: {choice: {x: 1}}\n", "", "g.yaml:5: nodes.a.choice: ", "is object, a text is needed"},
      {"  a: {choice: world.people, weights: weight}\n", "", "world.yaml:3: people.1.weight: ", "\"many\""},
      {"  a: {choice: world.people, weights: age}\n", "", "g.yaml:5: nodes.a: ", "no element has the field \"age\""},
      {"  a: {choice: [x, y], weights: [1]}\n", "", "g.yaml:5: nodes.a: ", "1 weights for 2 elements"},
      {"  a: {choice: [x, y], weights: [0, 0]}\n", "", "g.yaml:5: nodes.a: ", "no weight is above 0"},
      {"  a: {choice: [x, y], weights: [1, -1]}\n", "", "g.yaml:5: nodes.a.weights.1: ", "the weight -1"},
      {"  a: {choice: [x, y], weights: {}}\n", "", "g.yaml:5: nodes.a.weights: ", "neither"},
      {"  a: {choice: [x, y], count: 3}\n", "", "g.yaml:5: nodes.a: ", "count 3 of a list with 2 different elements"},
      {"  a: {choice: [x, x], count: 2}\n", "", "g.yaml:5: nodes.a: ", "1 different elements"},
      {"  a: {choice: [x], count: 0}\n", "", "g.yaml:5: nodes.a.count: ", "count 0"},
      {"  a: {choice: [x], distinct: id}\n", "", "g.yaml:5: nodes.a: ", "\"distinct\" without \"count\""},
      {"  a: {choice: [{k: 1, v: 1}, {k: 1, v: 2}], count: 2, distinct: k}\n", "",
       "g.yaml:5: nodes.a: ", "1 different \"k\""},
      // texts
      {"  a: {template: []}\n", "", "g.yaml:5: nodes.a.template: ", "has no alternatives"},
      {"  a: {template: [{weight: 1}]}\n", "", "g.yaml:5: nodes.a.template.0: ", "without the key \"text\""},
      {"  a: {template: [{text: x, weight: 0}]}\n", "",
       "g.yaml:5: nodes.a.template: ", "no alternative has a weight above 0"},
      {"  a: {template: [{text: x, weight: much}]}\n", "", "g.yaml:5: nodes.a.template.0.weight: ", "\"much\""},
      {"  a: {template: [[x]]}\n", "", "g.yaml:5: nodes.a.template.0: ", "a text is needed"},
      {"  a: {template: [{word}]}\n", "", "g.yaml:5: nodes.a.template.0: ", "quote a text that begins with {"},
      {"  a: {grammar: {strat: x}}\n", "", "g.yaml:5: nodes.a.grammar: ", "has no rule \"start\""},
      {"  a: {grammar: {start: '<bdoy>', body: x}}\n", "",
       "g.yaml:5: nodes.a.grammar.start: ", "<bdoy> (did you mean 'body'?)"},
      {"  a: {grammar: [x]}\n", "", "g.yaml:5: nodes.a.grammar: ", "is no map of rules"},
      {"  a: {record: x}\n", "", "g.yaml:5: nodes.a.record: ", "is no map of fields"},
      {"  a: {record: {x: 1}, partition: true}\n", "", "g.yaml:5: nodes.a: ", "cannot be a partition"},
      {"  a: {endpoint: {url: u, model: m, prompt: p, max_tokens: 0}}\n", "",
       "g.yaml:5: nodes.a.endpoint.max_tokens: ", "at least 1"},
      {"  a: {endpoint: {url: u, model: m}}\n", "", "g.yaml:5: nodes.a.endpoint: ", "\"prompt\" is missing"},
      {"  a: {endpoint: {url: u, model: m, prompt: p, topp: 1}}\n", "",
       "g.yaml:5: nodes.a.endpoint.topp: ", "unknown key"},
      {"  a: {endpoint: 3}\n", "", "g.yaml:5: nodes.a.endpoint: ", "a map of keys is needed"},
      // circles
      {"  a: {template: '{b}'}\n  b: {template: '{c}'}\n  c: {template: '{b}'}\n", "",
       "g.yaml:6: nodes.b: ", "b -> c -> b"},
      {"  a: {template: '{a}'}\n", "", "g.yaml:5: nodes.a: ", "a -> a"},
      {"  a: {choice: b.x}\n  b: {choice: a.x}\n", "", "g.yaml:5: nodes.a: ", "a -> b -> a"},
      {"  a: {choice: [x], when: b}\n  b: {choice: [x], only: 'it == a'}\n", "", "g.yaml:5: nodes.a: ", "a -> b -> a"},
      {"  a: {choice: [\"{b}\"]}\n  b: {template: '{a}'}\n", "", "g.yaml:6: nodes.b: ", "b -> b"},
  };
  for (const Case& c : cases) {
    try {
      ParseContent(GraphOf(c.nodes, c.completion), kWorld);
      ADD_FAILURE() << "no error for " << c.nodes;
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), AllOf(StartsWith(c.place), HasSubstr(c.says))) << c.nodes;
    }
  }
}

TEST(ContentGraphBadInputTest, TheRestOfTheFileIsCheckedToo) {
  const std::string head = "schema: bantam.content/1\nname: t\n",
                    nodes = "nodes: {a: {choice: [x, y]}, b: {template: x}}\n",
                    output = "output: {prompt: p, completion: c}\n";
  const struct {
    std::string text;
    const char* says;
  } cases[] = {
      {"", "g.yaml: is null, a map of keys is needed"},
      {"name: t\n", "\"schema\" is missing"},
      {"schema: bantam.content/2\n", "schema \"bantam.content/2\"; \"bantam.content/1\" is read"},
      {head + output, "\"nodes\" is missing"},
      {head + "nodes: {}\n" + output, "has no nodes"},
      {head + nodes, "\"output\" is missing"},
      {head + nodes + output + "sedd: 1\n", "g.yaml:5: sedd: unknown key"},
      {head + nodes + "output: {prompt: p}\n", "g.yaml:4: output: needs either messages, or prompt and completion"},
      {head + nodes + "output: {prompt: p, completion: c, messages: [{role: user, content: x}]}\n", "needs either"},
      {head + nodes + "output: {messages: [{role: usr, content: x}]}\n",
       "output.messages.0: unknown role \"usr\" (did you mean 'user'?)"},
      {head + nodes + "output: {messages: [{role: user}]}\n", "\"content\" is missing"},
      {head + nodes + output + "split: {train: 0.9, test: 0.2}\n", "split: the shares add up to 1.1"},
      {head + nodes + output + "split: {train: 0.9, tests: 0.1}\n", "split"},
      {head + nodes + output + "split: {train: 2, test: -1}\n", "split.test: the weight -1"},
      {head + nodes + output + "stratify: [aa]\n", "stratify: unknown node \"aa\" (known: a, b)"},
      {head + nodes + output + "stratify: [a, a]\n", "stratify: \"a\" stands twice"},
      {head + nodes + output + "stratify: [b]\n", "stratify: \"b\" is no choice of one element"},
      {head + "files: {w: gone.yaml}\n" + nodes + output, "gone.yaml: cannot open"},
      {head + "files: {a: world.yaml}\n" + nodes + output, "nodes.a: has the name of a file"},
      {head + "nodes: {a: {choice: [x, y], partition: true}}\nsplit: {train: 0.5, validation: 0.2, test: 0.3}\n" +
           output,
       "nodes.a.choice.0: 2 different values cannot be dealt to 3 splits"},
      {head + "nodes: {a: {choice: [v, w, x, y, z], count: 2, partition: true}}\nsplit: {train: 0.8, test: 0.2}\n" +
           output,
       "count 2, but the split \"test\" has 1 of the 5 elements"},
      {head + "nodes: {a: {choice: [x], when: 'f == 1'}, f: {choice: [1, 2]}}\nstratify: [a]\n" + output,
       "nodes.a: its \"when\" depends on the node \"f\", which is not stratified"},
      {head + "nodes: {a: {choice: f.l}, f: {choice: [{l: [x]}]}}\nstratify: [a]\n" + output,
       "nodes.a: its list depends on the node \"f\""},
      {head + "nodes: {a: {choice: [x], only: 'it == 1'}}\nstratify: [a]\n" + output,
       "allow no cell in the split \"train\""},
  };
  for (const auto& c : cases) {
    try {
      ParseContent(c.text, "x: 1");
      ADD_FAILURE() << "no error for " << c.text;
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), HasSubstr(c.says)) << c.text;
    }
  }
}

TEST(ContentGraphBadInputTest, DrawsTellWhatIsWrong) {
  const Case cases[] = {
      {"  a: {choice: [x, y], only: \"it == 'z'\"}\n", "",
       "g.yaml:5: nodes.a: ", "\"only\" leaves nothing to choose from, in sample 0 of seed 1, split train"},
      {"  a: {choice: [x, y, z], count: 2, only: \"it == 'z'\"}\n", "",
       "g.yaml:5: nodes.a: ", "only 1 of 2 elements can be drawn"},
      {"  a: {template: [{text: x, when: 'false'}]}\n", "", "g.yaml:5: nodes.a: ", "\"when\" leaves no alternative"},
      {"  a: {grammar: {start: 'x<start>'}}\n", "",
       "g.yaml:5: nodes.a.grammar.start: ", "expands deeper than 64 levels"},
      {"  a: {grammar: {start: '<b:unique><b:unique>', b: [x]}}\n", "",
       "g.yaml:5: nodes.a.grammar.start: ", "taken already"},
      {"  a: {choice: b.l}\n  b: {choice: [{l: [x]}, {m: 1}], only: it.m}\n", "",
       "g.yaml:5: nodes.a: ", "there is nothing to choose from"},
      {"  a: {choice: b.l}\n  b: {choice: [{l: [x]}, {l: null}], only: not it.l}\n", "",
       "g.yaml:5: nodes.a: ", "there is nothing to choose from"},
      {"  a: {template: x, when: \"b < 'x'\"}\n  b: {choice: [1]}\n", "",
       "g.yaml:5: nodes.a.when: ", "a number and a text have no order"},
      {"  a: {choice: [x, {k: 1}], only: it.k}\n", "{a}", "g.yaml:6: output.completion: ", "\"a\" is a record here"},
      {"  a: {choice: [x]}\n", "{world.loop}", "world.yaml:1: loop: ", "expands deeper than 64 levels"},
  };
  for (const Case& c : cases) {
    const auto graph = ParseContent(GraphOf(c.nodes, c.completion), "loop: '{world.loop}'\n");
    EXPECT_BANTAM_ERROR(graph.Draw(1, 0, Split::kTrain), ErrorCode::kFormat,
                        AllOf(StartsWith(c.place), HasSubstr(c.says)));
  }
}

TEST(ContentGraphBadInputTest, NothingRunsAway) {
  std::string doubling = "  a:\n    grammar:\n      start: <r0>\n";
  for (int i = 0; i < 40; ++i) {
    const std::string next = "<r" + std::to_string(i + 1) + ">";
    doubling += "      r" + std::to_string(i) + ": " + next + next + "\n";
  }
  const auto steps = ParseContent(GraphOf(doubling + "      r40: ''\n", ""));
  EXPECT_BANTAM_ERROR(steps.Draw(1, 0, Split::kTrain), ErrorCode::kFormat, HasSubstr("takes more than 1000000 steps"));
  const auto bytes = ParseContent(GraphOf(doubling + "      r40: xxxxxxxx\n", ""));
  EXPECT_BANTAM_ERROR(bytes.Draw(1, 0, Split::kTrain), ErrorCode::kFormat, HasSubstr("more than 65536 bytes"));
  std::string strata = "stratify: [", wide;
  for (int i = 0; i < 12; ++i) {
    wide += "  n" + std::to_string(i) + ": {choice: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}\n";
    strata += (i > 0 ? ", n" : "n") + std::to_string(i);
  }
  EXPECT_BANTAM_ERROR(ParseContent(GraphOf(wide, "", strata + "]\n")), ErrorCode::kFormat,
                      HasSubstr("more than 1000000 combinations"));
  std::string many;
  for (int i = 0; i < 1'001; ++i) many += "  n" + std::to_string(i) + ": {choice: [x]}\n";
  EXPECT_BANTAM_ERROR(ParseContent(GraphOf(many, "")), ErrorCode::kFormat, HasSubstr("more than 1000 nodes"));
}

TEST(ContentGraphBadInputTest, SplitsAndCellsThatStayEmpty) {
  const auto graph =
      ParseContent(GraphOf("  a: {template: x, partition: true}\n", "", "split: {train: 0.5, test: 0.5}\n"));
  int refused = 0;
  for (const Split split : {Split::kTrain, Split::kTest}) {
    try {
      graph.Draw(1, 0, split);
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), HasSubstr("nodes.a: 1000 draws gave no text of this split"));
      ++refused;
    }
  }
  EXPECT_EQ(refused, 1);  // the one text belongs to one of the two
  EXPECT_BANTAM_ERROR(graph.Draw(1, 0, Split::kValidation), ErrorCode::kUsage,
                      HasSubstr("\"validation\" has no share"));
  const auto cells =
      ParseContent(GraphOf("  f: {choice: [x]}\n  a: {choice: [x, y], only: 'it != f'}\n", "", "stratify: [a]\n"));
  int empty = 0;
  for (int i = 0; i < 2; ++i) {
    try {
      cells.Draw(1, i, Split::kTrain);
    } catch (const Error& error) {
      EXPECT_THAT(std::string(error.what()), HasSubstr("the cell a=x stays empty"));
      ++empty;
    }
  }
  EXPECT_EQ(empty, 1);
}

}  // namespace
}  // namespace bantam
