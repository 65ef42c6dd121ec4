#include "pipeline/model_card.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/utf8.h"

namespace bantam {
namespace {

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::string Unquote(std::string_view text) {
  text = Trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front()) {
    text = text.substr(1, text.size() - 2);
  }
  return SanitizeUtf8(text);
}

// "a", "[a, b]" or nothing.
std::vector<std::string> Values(std::string_view text) {
  text = Trim(text);
  std::vector<std::string> values;
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') {
    if (!text.empty()) values.push_back(Unquote(text));
    return values;
  }
  text = text.substr(1, text.size() - 2);
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string value = Unquote(text.substr(0, comma));
    if (!value.empty()) values.push_back(value);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return values;
}

std::string_view NextLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

}  // namespace

ModelCard ParseModelCard(std::string_view readme) {
  ModelCard card;
  if (Trim(NextLine(readme)) != "---") return card;
  std::string key;
  while (!readme.empty()) {
    const std::string_view line = NextLine(readme);
    const std::string_view content = Trim(line);
    if (content == "---") break;
    std::vector<std::string> values;
    const size_t colon = line.find(':');
    if (content.starts_with("- ")) {
      values = Values(content.substr(2));
    } else if (!line.empty() && line.front() != ' ' && colon != std::string_view::npos) {
      key = std::string(Trim(line.substr(0, colon)));
      values = Values(line.substr(colon + 1));
    }
    for (std::string& value : values) {
      if (key == "license")
        card.license = std::move(value);
      else if (key == "license_name")
        card.license_name = std::move(value);
      else if (key == "license_link")
        card.license_link = std::move(value);
      else if (key == "base_model")
        card.base_models.push_back(std::move(value));
    }
  }
  return card;
}

void WriteModelCard(const ModelCard& card, GgufMetadata& metadata) {
  const auto set = [&](const std::string& key, const std::string& value) {
    if (!value.empty()) metadata.Set(key, GgufValue::String(value));
  };
  set("general.license", card.license);
  set("general.license.name", card.license_name);
  set("general.license.link", card.license_link);
  if (card.base_models.empty()) return;
  metadata.Set("general.base_model.count", GgufValue::U32(static_cast<uint32_t>(card.base_models.size())));
  for (size_t i = 0; i < card.base_models.size(); ++i) {
    const std::string& id = card.base_models[i];
    const std::string prefix = fmt::format("general.base_model.{}.", i);
    const size_t slash = id.find('/');
    if (slash == std::string::npos) {
      set(prefix + "name", id);
      continue;
    }
    set(prefix + "name", id.substr(slash + 1));
    set(prefix + "organization", id.substr(0, slash));
    set(prefix + "repo_url", "https://huggingface.co/" + id);
  }
}

}  // namespace bantam
