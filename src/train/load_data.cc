#include "train/load_data.h"

#include <fmt/core.h>

#include <string_view>

#include "base/error.h"
#include "base/file.h"
#include "train/text_documents.h"

namespace bantam {
namespace {

std::string_view TextOf(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

void AppendTextFile(const std::filesystem::path& path, const Tokenizer& tokenizer, TokenSet& set) {
  const auto file = MappedFile::Open(path);
  const std::vector<std::string_view> documents = SplitTextDocuments(TextOf(*file));
  const int32_t end = DocumentEnd(tokenizer.vocabulary());
  AppendDocuments(
      static_cast<int64_t>(documents.size()),
      [&](int64_t i) { return EncodeTextDocument(documents[i], tokenizer, end); }, set);
}

void AppendChatFile(const std::filesystem::path& path, const Tokenizer& tokenizer, TokenSet& set) {
  const auto file = MappedFile::Open(path);
  const std::vector<JsonLine> lines = SplitJsonLines(TextOf(*file));
  const ChatEncoder encoder(tokenizer);
  AppendDocuments(
      static_cast<int64_t>(lines.size()),
      [&](int64_t i) {
        const std::string where = fmt::format("{}, line {}", path.string(), lines[i].number);
        return encoder.Encode(ParseJson(lines[i].text, where), where);
      },
      set);
}

}  // namespace

std::vector<JsonLine> SplitJsonLines(std::string_view text) {
  std::vector<JsonLine> lines;
  for (int64_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) lines.push_back({line, number});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

SegmentSet LoadDataSet(const DataSource& source, const Tokenizer& tokenizer, int64_t sequence_length,
                       double prompt_loss_weight) {
  TokenSet tokens(tokenizer.size());
  for (const std::filesystem::path& file : source.files) {
    if (source.kind == DataSource::Kind::kText) {
      AppendTextFile(file, tokenizer, tokens);
    } else {
      AppendChatFile(file, tokenizer, tokens);
    }
  }
  return SegmentSet(source.name, std::move(tokens), sequence_length, prompt_loss_weight);
}

std::vector<SegmentSet> LoadDataSets(const std::vector<DataSource>& sources, const Tokenizer& tokenizer,
                                     int64_t sequence_length, double prompt_loss_weight) {
  std::vector<SegmentSet> sets;
  for (const DataSource& source : sources) {
    sets.push_back(LoadDataSet(source, tokenizer, sequence_length, prompt_loss_weight));
  }
  return sets;
}

}  // namespace bantam
