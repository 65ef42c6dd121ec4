// The conditions of a content graph: `when`, `only`.
//
//     or:      and {"or" and}
//     and:     not {"and" not}
//     not:     "not" not | compare
//     compare: operand [("==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not" "in") operand]
//     operand: path | literal | "[" [literal {"," literal}] "]" | "(" or ")"
//     literal: 'string' | "string" | number | "true" | "false" | "null"
//
// `in` asks whether a list has the element or a text the substring. Order between a value that is absent and anything is
// false. A path alone holds when it is neither absent, false, 0 nor empty.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "task/path.h"
#include "task/value.h"

namespace bantam {

class Expression {
 public:
  // kFormat naming `where` and the place in the text.
  static Expression Parse(std::string_view text, const std::string& where);

  using Lookup = std::function<Value(const Path&)>;
  bool Holds(const Lookup& lookup) const;

  void ForEachPath(const std::function<void(Path&)>& visit) { Visit(root_, visit); }
  const std::string& where() const { return where_; }

 private:
  enum class Kind {
    kLiteral,
    kPath,
    kNot,
    kAnd,
    kOr,
    kEqual,
    kUnequal,
    kLess,
    kLessEqual,
    kGreater,
    kGreaterEqual,
    kIn
  };
  struct Node {
    Kind kind;
    Json literal = {};
    Path path = {};
    std::vector<Node> children = {};
  };
  class Parser;

  static void Visit(Node& node, const std::function<void(Path&)>& visit);
  bool Holds(const Node& node, const Lookup& lookup) const;
  bool Ordered(Kind kind, const Value& a, const Value& b) const;
  bool Contains(const Value& list, const Value& element) const;
  Value Operand(const Node& node, const Lookup& lookup) const;

  Node root_;
  std::string text_, where_;
};

}  // namespace bantam
