// Template source -> tokens, with the whitespace rules of trim_blocks and lstrip_blocks, which chat templates assume: the
// newline after a block tag or comment is dropped, and so is the indentation in front of one; "-" at either end of a tag
// drops all whitespace there, "+" keeps it all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bantam::jinja {

enum class TokenType : uint8_t {
  kData,  // text between tags
  kVariableBegin,
  kVariableEnd,
  kBlockBegin,
  kBlockEnd,
  kName,
  kString,
  kInteger,
  kFloat,
  kOperator,
  kEnd,
};

struct Token {
  TokenType type;
  int line;
  std::string text;  // data, name, decoded string literal or operator
  int64_t integer = 0;
  double real = 0;
};

// Tokens of the template, the last of them kEnd. Syntax errors are kFormat naming `name` and the line.
std::vector<Token> Tokenize(std::string_view source, const std::string& name);

// The token as error messages name it: "'endfor'", "end of template".
std::string Describe(const Token& token);

// "chat template, line 12"
std::string At(const std::string& name, int line);

}  // namespace bantam::jinja
