// bantam convert: any model to a GGUF.
#include <fmt/core.h>

#include "base/error.h"
#include "base/units.h"
#include "common/open_model.h"
#include "common/options.h"
#include "common/output.h"
#include "pipeline/convert.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

struct ConvertCommand {
  std::string input, output, tokenizer, type = "f16";
  ThreadOptions threads;
  bool allow_requantize = false, json = false;
};

// A GGUF's own tokenizer stays as it is in the metadata, so only a replacement is read.
std::optional<Vocabulary> VocabularyFor(const Model& model, const std::string& tokenizer) {
  if (!tokenizer.empty()) return ReadVocabulary(tokenizer, static_cast<int32_t>(model.architecture().vocab_size));
  if (model.gguf() != nullptr) return std::nullopt;
  return ReadModelVocabulary(model.path(), {});
}

void NoteCopies(const ConvertReport& report) {
  for (const ConvertedTensor& tensor : report.tensors) {
    if (tensor.copy_of.empty()) continue;
    PrintNote(fmt::format("{} is a copy of {}, {} more: llama.cpp has no tied form of this architecture", tensor.name,
                          tensor.copy_of, FormatBytes(tensor.bytes)));
  }
}

void PrintReport(const ConvertReport& report, const std::string& output) {
  std::string fallen;
  for (const ConvertedTensor& tensor : report.tensors) {
    if (tensor.fallback)
      fallen += fmt::format("{}{} {}", fallen.empty() ? "" : ", ", tensor.name, ToString(tensor.shape));
  }
  if (!fallen.empty()) {
    PrintNote(
        fmt::format("{} tensors became F16, as their rows do not divide into blocks: {}", report.fallbacks(), fallen));
  }
  NoteCopies(report);
  Print(fmt::format("{}: {} tensors, {} from {}", output, report.tensors.size(), FormatBytes(report.file_bytes),
                    FormatBytes(report.source_bytes)));
  if (report.fallbacks() > 0) Print(fmt::format(", {} fell back to F16", report.fallbacks()));
  Print("\n");
}

void ConvertModel(const ConvertCommand& command) {
  const auto type = DTypeFromName(command.type);
  if (!type) {
    Fail(ErrorCode::kUsage, fmt::format("unknown type '{}'", command.type), "--type", "f32, f16, bf16, q8_0 or q4_0");
  }
  const ConvertOptions options{*type, command.allow_requantize};
  const auto model = Model::Open(command.input);
  const ConvertReport report =
      Convert(*model, VocabularyFor(*model, command.tokenizer), options, command.output, *command.threads.MakePool());
  if (command.json) {
    Print(DumpJson(ToJson(report)) + "\n");
  } else {
    PrintReport(report, command.output);
  }
}

}  // namespace

void AddConvertVerb(CLI::App& program) {
  auto command = std::make_shared<ConvertCommand>();
  CLI::App* verb = program.add_subcommand("convert", "write a model as a GGUF of one weight type");
  verb->footer(
      "Matrices take the type; norms, biases, routers and positions stay F32. The file appears only when it is whole.\n"
      "\nExample:\n  bantam convert ./Llama-3.2-1B-Instruct --type q8_0 -o llama.gguf");
  verb->add_option("input", command->input, "Hugging Face folder, GGUF file or llama2.c checkpoint")
      ->required()
      ->type_name("IN");
  verb->add_option("-o,--output", command->output, "the GGUF to write")->required()->type_name("OUT.gguf");
  verb->add_option("--type", command->type, "f32, f16, bf16, q8_0 or q4_0")->capture_default_str()->type_name("TYPE");
  verb->add_option("--tokenizer", command->tokenizer,
                   "tokenizer to put in: tokenizer.json, a folder with one, a GGUF, or llama2.c's tokenizer.bin")
      ->type_name("FILE");
  AddThreadOptions(*verb, command->threads);
  verb->add_flag("--allow-requantize", command->allow_requantize, "quantise again what is quantised already");
  verb->add_flag("--json", command->json, "report every tensor as JSON");
  verb->callback([command] { ConvertModel(*command); });
}

}  // namespace bantam::cli
