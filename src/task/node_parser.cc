#include "task/node_parser.h"

#include <fmt/core.h>

#include "base/error.h"
#include "base/nearest.h"
#include "task/hash.h"

namespace bantam {
namespace {

constexpr int64_t kMaximalCount = 1000;

class NodeParser {
 public:
  NodeParser(const Source& source, Places& places) : source_(source), places_(places) {}

  GraphNode Parse(const Config& config, const std::string& name) {
    const std::string path = "nodes." + name;
    GraphNode node;
    node.name = name;
    node.where = source_.Place(path);
    node.stream = HashText(name);
    node.when = source_.Condition(config, "when", path);
    node.partition = config.Get<bool>("partition", false);
    std::vector<std::string> kinds;
    for (const char* kind : {"choice", "template", "record", "grammar", "endpoint"}) {
      if (config.Has(kind)) kinds.emplace_back(kind);
    }
    if (kinds.size() != 1) {
      Fail(ErrorCode::kFormat, fmt::format("has {} of choice, template, record, grammar, endpoint", kinds.size()),
           node.where, "each node has exactly one");
    }
    ParseSpec(config, kinds[0], path, node);
    if (node.partition && (kinds[0] == "record" || kinds[0] == "endpoint")) {
      Fail(ErrorCode::kFormat, "a record or an endpoint cannot be a partition", node.where,
           "partition a node that it is made of");
    }
    return node;
  }

 private:
  void ParseSpec(const Config& config, const std::string& kind, const std::string& path, GraphNode& node) {
    const std::string inner = Source::Step(path, kind);
    if (kind == "endpoint") {
      node.spec = ParseEndpoint(config.Child(kind), inner);
      return;
    }
    const Json& value = config.Raw(kind);
    if (kind == "choice") {
      node.spec = ParseChoice(config, value, path);
    } else if (kind == "template") {
      node.spec = TemplateSpec{ParseAlternatives(value, inner, false)};
    } else if (kind == "record") {
      if (!value.is_object()) Fail(ErrorCode::kFormat, "is no map of fields", source_.Place(inner));
      node.spec = ParseRecord(value, inner);
    } else {
      node.spec = ParseGrammar(value, inner);
    }
  }

  // A text, or a list of texts and {text, weight, when}.
  std::vector<Alternative> ParseAlternatives(const Json& value, const std::string& path, bool rules) {
    std::vector<Alternative> alternatives;
    if (!value.is_array()) {
      alternatives.push_back(ParseAlternative(value, path, rules));
    } else {
      for (size_t i = 0; i < value.size(); ++i) {
        alternatives.push_back(ParseAlternative(value[i], Source::Step(path, std::to_string(i)), rules));
      }
    }
    double total = 0;
    for (const Alternative& alternative : alternatives) total += alternative.weight;
    if (alternatives.empty()) Fail(ErrorCode::kFormat, "has no alternatives", source_.Place(path));
    if (!(total > 0)) Fail(ErrorCode::kFormat, "no alternative has a weight above 0", source_.Place(path));
    return alternatives;
  }
  Alternative ParseAlternative(const Json& value, const std::string& path, bool rules) {
    if (!value.is_object())
      return {ParseTemplate(source_.Text(value, path), source_.Place(path), rules), 1, std::nullopt};
    if (!value.contains("text")) {
      Fail(ErrorCode::kFormat, "is a map without the key \"text\"", source_.Place(path), kQuoteHint);
    }
    Alternative alternative;
    for (const auto& [key, member] : value.items()) {
      const std::string inner = Source::Step(path, key);
      if (key == "text") {
        alternative.text = ParseTemplate(source_.Text(member, inner), source_.Place(inner), rules);
      } else if (key == "weight") {
        alternative.weight = source_.Weight(member, inner);
      } else if (key == "when") {
        alternative.when = source_.Condition(member, inner);
      } else {
        Fail(ErrorCode::kUsage, "unknown key", source_.Place(inner), NearestHint(key, {"text", "weight", "when"}));
      }
    }
    return alternative;
  }

  ChoiceSpec ParseChoice(const Config& config, const Json& value, const std::string& path) {
    ChoiceSpec choice;
    const std::string place = source_.Place(path);
    if (value.is_array()) {
      choice.inline_list = &value;
      source_.NotePlaces(value, Source::Step(path, "choice"), &places_);
    } else {
      choice.list =
          ParsePath(source_.Text(value, Source::Step(path, "choice")), source_.Place(Source::Step(path, "choice")));
    }
    choice.only = source_.Condition(config, "only", path);
    if (config.Has("weights")) ParseWeights(config.Raw("weights"), Source::Step(path, "weights"), choice);
    if (config.Has("count")) {
      choice.count = config.Get<int64_t>("count");
      if (*choice.count < 1 || *choice.count > kMaximalCount) {
        Fail(ErrorCode::kFormat, fmt::format("count {} is not within 1 and {}", *choice.count, kMaximalCount),
             source_.Place(Source::Step(path, "count")));
      }
    }
    choice.distinct = config.Get<std::string>("distinct", std::string());
    if (!choice.distinct.empty() && !choice.count) {
      Fail(ErrorCode::kFormat, "\"distinct\" without \"count\"", place, "one element is always distinct");
    }
    return choice;
  }
  void ParseWeights(const Json& value, const std::string& path, ChoiceSpec& choice) {
    if (value.is_string()) {
      choice.weight_field = value.get<std::string>();
      return;
    }
    if (!value.is_array()) {
      Fail(ErrorCode::kFormat, "is neither the name of a field nor a list of numbers", source_.Place(path));
    }
    for (size_t i = 0; i < value.size(); ++i) {
      choice.weights.push_back(source_.Weight(value[i], Source::Step(path, std::to_string(i))));
    }
  }

  RecordSpec ParseRecord(const Json& value, const std::string& path) {
    using Kind = RecordSpec::Kind;
    if (value.is_string()) {
      return {.kind = Kind::kText, .text = ParseTemplate(value.get<std::string>(), source_.Place(path), false)};
    }
    RecordSpec record{.kind = value.is_object() ? Kind::kMap : value.is_array() ? Kind::kList : Kind::kConstant};
    if (value.is_object()) {
      for (const auto& [key, member] : value.items()) {
        record.keys.push_back(key);
        record.children.push_back(ParseRecord(member, Source::Step(path, key)));
      }
    } else if (value.is_array()) {
      for (size_t i = 0; i < value.size(); ++i) {
        record.children.push_back(ParseRecord(value[i], Source::Step(path, std::to_string(i))));
      }
    } else {
      record.constant = value;
    }
    return record;
  }

  GrammarSpec ParseGrammar(const Json& value, const std::string& path) {
    if (!value.is_object()) Fail(ErrorCode::kFormat, "is no map of rules", source_.Place(path));
    GrammarSpec grammar;
    std::vector<std::string> names;
    for (const auto& [name, alternatives] : value.items()) {
      const std::string inner = Source::Step(path, name);
      if (ParsePath(name, source_.Place(inner)).steps.size() != 1)
        Fail(ErrorCode::kFormat, "is no rule name", source_.Place(inner));
      if (name == "start") grammar.start = static_cast<int>(names.size());
      grammar.rules.push_back({name, ParseAlternatives(alternatives, inner, true), source_.Place(inner)});
      names.push_back(name);
    }
    if (grammar.start < 0) Fail(ErrorCode::kFormat, "has no rule \"start\"", source_.Place(path));
    for (Rule& rule : grammar.rules) {
      for (Alternative& alternative : rule.alternatives) {
        ForEachPiece(alternative.text, [&](Piece& piece) {
          if (piece.kind == Piece::Kind::kRule) piece.rule = RuleIndex(piece.text, names, alternative.text.where);
        });
      }
    }
    return grammar;
  }
  static int RuleIndex(const std::string& name, const std::vector<std::string>& names, const std::string& where) {
    for (size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) return static_cast<int>(i);
    }
    Fail(ErrorCode::kFormat, fmt::format("unknown rule <{}>", name), where, NearestHint(name, names));
  }

  EndpointSpec ParseEndpoint(const Config& config, const std::string& path) {
    EndpointSpec spec;
    spec.url = config.Get<std::string>("url");
    spec.model = config.Get<std::string>("model");
    spec.api_key_env = config.Get<std::string>("api_key_env", std::string());
    if (config.Has("system")) spec.system = source_.TextTemplate(config, "system", path);
    spec.prompt = source_.TextTemplate(config, "prompt", path);
    spec.max_tokens = config.Get<int64_t>("max_tokens", spec.max_tokens);
    spec.temperature = config.Get<double>("temperature", spec.temperature);
    if (spec.max_tokens < 1)
      Fail(ErrorCode::kFormat, "is not at least 1", source_.Place(Source::Step(path, "max_tokens")));
    if (!(spec.temperature >= 0))
      Fail(ErrorCode::kFormat, "is not at least 0", source_.Place(Source::Step(path, "temperature")));
    return spec;
  }

  const Source& source_;
  Places& places_;
};

}  // namespace

GraphNode ParseNode(const Config& config, const std::string& name, const Source& source, Places* places) {
  return NodeParser(source, *places).Parse(config, name);
}

}  // namespace bantam
