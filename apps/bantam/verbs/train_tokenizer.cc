// bantam train tokenizer: a byte-level BPE from text.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "base/progress.h"
#include "base/units.h"
#include "common/output.h"
#include "text/chat_template.h"
#include "text/corpus.h"
#include "text/tokenizer_json_writer.h"
#include "verbs/train.h"

namespace bantam::cli {
namespace {

struct TrainTokenizerCommand {
  std::vector<std::string> files;
  std::vector<std::string> special_tokens = {std::string(kDocumentEnd), std::string(kTurnStart), std::string(kTurnEnd)};
  std::string chat_template, output;
  BpeTrainerOptions trainer;
  int64_t model_max_length = TokenizerFolderOptions().model_max_length;
  bool json = false;
};

void CheckOptions(const TrainTokenizerCommand& command) {
  const int64_t least = static_cast<int64_t>(command.special_tokens.size()) + 256;
  if (command.trainer.vocab_size < least) {
    Fail(ErrorCode::kUsage, fmt::format("{} is too small", command.trainer.vocab_size), "--vocab-size",
         fmt::format("{} special tokens and 256 bytes are {}", command.special_tokens.size(), least));
  }
}

std::optional<std::string> ReadTemplate(const std::string& path) {
  if (path.empty()) return std::nullopt;
  std::string source = ReadFile(path);
  static_cast<void>(ChatTemplate(source, path));  // a broken one must not cost the training
  return source;
}

void NoteMissingEnd(const std::vector<std::string>& tokens) {
  const bool ends = std::any_of(tokens.begin(), tokens.end(),
                                [](const std::string& token) { return token == kDocumentEnd || token == kTurnEnd; });
  if (!ends) {
    PrintNote(fmt::format("neither {} nor {} is a special token, so nothing marks the end of an answer", kDocumentEnd,
                          kTurnEnd));
  }
}

WordCounts CountWords(const TrainTokenizerCommand& command) {
  WordCounts counts(command.special_tokens);
  uint64_t bytes = 0;
  for (const std::string& file : command.files) bytes += MappedFile::Open(file)->bytes().size();
  Progress progress("Counting words", "bytes", bytes);
  for (const std::string& file : command.files) {
    ReadCorpus(file, [&](std::string_view text, uint64_t used) {
      counts.Add(text);
      progress.Advance(used, file);
    });
  }
  return counts;
}

void TrainTokenizer(const TrainTokenizerCommand& command) {
  CheckOptions(command);
  const auto start = std::chrono::steady_clock::now();
  const TokenizerFolderOptions options{command.model_max_length, ReadTemplate(command.chat_template)};
  const WordCounts counts = CountWords(command);
  if (counts.bytes() == 0) Fail(ErrorCode::kFormat, "no text in it", command.files.front());
  const TrainedBpe bpe = TrainBpe(counts, command.trainer);
  WriteTokenizerFolder(bpe, options, command.output);
  NoteMissingEnd(command.special_tokens);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const double bytes_per_token = static_cast<double>(counts.bytes()) / static_cast<double>(bpe.corpus_tokens);
  if (command.json) {
    Print(DumpJson({{"schema", "bantam.train_tokenizer/1"},
                    {"folder", command.output},
                    {"vocab_size", bpe.size()},
                    {"special_tokens", bpe.special_tokens},
                    {"merges", bpe.merges.size()},
                    {"corpus_bytes", counts.bytes()},
                    {"corpus_tokens", bpe.corpus_tokens},
                    {"distinct_words", counts.words().size()},
                    {"bytes_per_token", bytes_per_token},
                    {"seconds", seconds}}) +
          "\n");
    return;
  }
  Print(fmt::format("{}: {} tokens: {} special, 256 bytes, {} merges\n", command.output, bpe.size(),
                    bpe.special_tokens.size(), bpe.merges.size()));
  Print(fmt::format("corpus: {}, {} distinct words, {:.3f} bytes per token, {}\n", FormatBytes(counts.bytes()),
                    counts.words().size(), bytes_per_token, FormatDuration(seconds)));
}

}  // namespace

void AddTrainTokenizerVerb(CLI::App& train) {
  auto command = std::make_shared<TrainTokenizerCommand>();
  CLI::App* verb = train.add_subcommand("tokenizer", "train a byte-level BPE on text");
  verb->footer(
      "Files are plain text, or *.jsonl with \"text\", \"prompt\" and \"completion\", or \"messages\" in each line. "
      "Special\n"
      "tokens that stand in a text are cut out of it. The folder gets tokenizer.json and the files beside it.\n"
      "\nExample:\n  bantam train tokenizer stories.txt talk.jsonl --vocab-size 4096 -o tokenizer");
  verb->add_option("files", command->files, "text to train on")->required()->type_name("FILE");
  verb->add_option("-o,--output", command->output, "folder to write")->required()->type_name("FOLDER");
  verb->add_option("--vocab-size", command->trainer.vocab_size, "tokens, special ones and the 256 bytes among them")
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--special", command->special_tokens, "special tokens, from id 0 on")
      ->capture_default_str()
      ->type_name("TOKEN");
  verb->add_option("--chat-template", command->chat_template, "Jinja file to put in")->type_name("FILE");
  verb->add_option("--min-frequency", command->trainer.min_frequency, "rarer pairs become no token")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--max-bytes", command->trainer.max_token_bytes, "longest token, in bytes")
      ->check(CLI::Range(2, 1 << 20))
      ->capture_default_str()
      ->type_name("N");
  verb->add_option("--model-max-length", command->model_max_length,
                   "tokens that the model may see at once, for readers")
      ->check(CLI::Range(int64_t{1}, int64_t{1} << 40))
      ->capture_default_str()
      ->type_name("N");
  verb->add_flag("--json", command->json, "the result as JSON");
  verb->callback([command] { TrainTokenizer(*command); });
}

}  // namespace bantam::cli
