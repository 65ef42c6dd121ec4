// How --help looks: the flag with what it takes, then a wrapped description with the default.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace bantam::cli {

class HelpFormatter : public CLI::Formatter {
 public:
  HelpFormatter() { column_width(kColumn); }

  std::string make_option_opts(const CLI::Option* option) const override;
  std::string make_option_desc(const CLI::Option* option) const override;
  std::string make_option_usage(const CLI::Option* option) const override;

 private:
  static constexpr size_t kColumn = 32;  // where descriptions begin
};

}  // namespace bantam::cli
