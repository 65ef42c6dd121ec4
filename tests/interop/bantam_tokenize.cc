// Tokenizes for the interop tests: bantam-tokenize SOURCE [--write-gguf OUT [PRE]]
//
// SOURCE is a folder with a tokenizer.json or a GGUF. Reads JSON lines {"text": "...", "special": bool, "add": bool} and
// prints {"ids": [...], "text": "...", "clean": "..."}: ids with special tokens parsed and added as asked, the ids decoded
// with and without control tokens. With --write-gguf it writes the vocabulary as a GGUF without tensors, under the name PRE of
// another pre-tokenizer if given, and ends.
#include <fmt/core.h>

#include <filesystem>
#include <iostream>
#include <string>

#include "base/error.h"
#include "base/json.h"
#include "formats/gguf.h"
#include "formats/hf_folder.h"
#include "text/tokenizer.h"

namespace {

using namespace bantam;

Vocabulary Read(const std::filesystem::path& source) {
  if (std::filesystem::is_directory(source)) return Vocabulary::FromHf(HfFolder::OpenTokenizer(source));
  return Vocabulary::FromGguf(GgufFile::Open(source)->metadata());
}

// llama.cpp reads the sizes of an architecture even where it is asked for the vocabulary alone.
void WriteGguf(const Vocabulary& vocabulary, const std::filesystem::path& path) {
  GgufMetadata metadata(path.string());
  metadata.Set("general.architecture", GgufValue::String("llama"));
  metadata.Set("general.name", GgufValue::String("vocabulary"));
  metadata.Set("llama.attention.head_count", GgufValue::U32(1));
  for (const char* key :
       {"context_length", "embedding_length", "block_count", "feed_forward_length", "rope.dimension_count"}) {
    metadata.Set(fmt::format("llama.{}", key), GgufValue::U32(32));
  }
  metadata.Set("llama.attention.layer_norm_rms_epsilon", GgufValue::F32(1e-5F));
  vocabulary.ToGguf(metadata);
  GgufWriter writer(path, metadata);
  writer.Begin();
  writer.Commit();
}

Json Answer(const Tokenizer& tokenizer, const Json& request) {
  const std::vector<int32_t> ids = tokenizer.Encode(
      Get<std::string>(request, "text", "stdin"),
      {.add_special = Get<bool>(request, "add", "stdin"), .parse_special = Get<bool>(request, "special", "stdin")});
  return {{"ids", ids}, {"text", tokenizer.Decode(ids, false)}, {"clean", tokenizer.Decode(ids, true)}};
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const bool write = (argc == 4 || argc == 5) && std::string(argv[2]) == "--write-gguf";
    if (argc != 2 && !write) Fail(ErrorCode::kUsage, "usage: bantam-tokenize SOURCE [--write-gguf OUT [PRE]]");
    if (write) {
      Vocabulary vocabulary = Read(argv[1]);
      if (argc == 5) vocabulary.pre = argv[4];
      WriteGguf(vocabulary, argv[3]);
      return 0;
    }
    const Tokenizer tokenizer(Read(argv[1]));
    for (std::string line; std::getline(std::cin, line);)
      std::cout << DumpJson(Answer(tokenizer, ParseJson(line, "stdin")), -1) << "\n";
    return 0;
  } catch (const Error& error) {
    std::cerr << "bantam-tokenize: " << error.what() << "\n";
    return ExitStatus(error.code());
  }
}
