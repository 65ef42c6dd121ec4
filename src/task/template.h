// The template language of content graphs, parsed once into pieces.
//
//     {path}  {path|filter|...}   what the path stands for
//     [a|b|c*3]                   one alternative at random; a trailing *NUMBER is its weight
//     <rule>  <rule:unique>       in a grammar: the expansion of a rule
//     \{ \[ \< \| \* \\ ...       the character itself
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "task/filters.h"
#include "task/path.h"

namespace bantam {

struct Piece;

struct Template {
  std::vector<Piece> pieces;
  std::string where;  // file, line and path, for errors while it is expanded
};

struct Piece {
  enum class Kind { kText, kPath, kChoice, kRule } kind = Kind::kText;
  std::string text = {};                    // kText; of kRule its name
  Path path = {};                           // kPath
  std::vector<Filter> filters = {};         // kPath
  std::vector<Template> alternatives = {};  // kChoice
  std::vector<double> weights = {};         // kChoice
  int rule = -1;                            // kRule; filled in when the grammar is whole
  bool unique = false;                      // kRule
};

// `rules`: whether <rule> means one; otherwise < is itself. kFormat naming `where` and the place in the text.
Template ParseTemplate(std::string_view text, const std::string& where, bool rules);

// Whether a text says nothing but itself: no parsing needed.
bool IsPlainText(std::string_view text);

void ForEachPiece(Template& text, const std::function<void(Piece&)>& visit);

}  // namespace bantam
