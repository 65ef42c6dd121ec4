// bantam run: continue a text, answer a message, or chat.
#include <fmt/core.h>
#include <unistd.h>

#include <chrono>

#include "base/cancel.h"
#include "base/error.h"
#include "base/file.h"
#include "common/chat.h"
#include "common/input.h"
#include "common/open_model.h"
#include "common/options.h"
#include "common/output.h"
#include "common/responder.h"
#include "common/sampling.h"
#include "runtime/isa.h"
#include "verbs/verbs.h"

namespace bantam::cli {
namespace {

struct RunCommand {
  ModelOptions model;
  TextOptions text;
  ThreadOptions threads;
  CacheOptions cache;
  SamplingOptions sampling;
  GenerateOptions generate;
  std::string system_prompt, template_file;
  int64_t context = 0;
  bool raw = false, no_display_prompt = false, verbose = false, json = false;

  bool one_shot() const { return text.prompt || !text.file.empty(); }
};

// Everything a run needs, opened.
struct Run {
  const RunCommand& command;
  GenerateOptions options;
  OpenedModel opened;
  std::optional<std::string> chat_template;  // set when the conversation goes through it
  std::unique_ptr<Responder> responder;
};

void Stream(std::string_view text) {
  Print(text);
  Flush();
}

Run Open(const RunCommand& command) {
  Run run{command, command.generate, OpenModel(command.model.model, command.model.tokenizer), {}, {}};
  run.options.sampler = Resolve(command.sampling);
  run.options.cancelled = CancelRequested;
  if (!command.json) run.options.stream = Stream;
  if (!command.raw) {
    run.chat_template = run.opened.tokenizer->vocabulary().chat_template;
    if (!command.template_file.empty()) run.chat_template = ReadFile(command.template_file, 1 << 24);
  }
  if (!run.chat_template && !command.one_shot()) {
    Fail(ErrorCode::kUsage, command.raw ? "a chat needs the template that --raw sets aside" : "has no chat template",
         command.model.model, "give a text to continue with --prompt, or a template with --chat-template-file");
  }
  if (!run.chat_template && !command.system_prompt.empty()) {
    Fail(ErrorCode::kUsage, "a system prompt needs a chat template", "--system-prompt");
  }
  const SessionOptions session{
      .context = command.context, .kv = command.cache.Type(), .pool = command.threads.MakePool()};
  run.responder = std::make_unique<Responder>(RuntimeModel::Load(*run.opened.model), run.opened.tokenizer, session);
  return run;
}

void PrintSettings(const Run& run) {
  const RunCommand& command = run.command;
  PrintNote(fmt::format("model {}: {}, context {}, {} cache, {} threads, {}", command.model.model,
                        run.opened.model->architecture().family, run.responder->context(), command.cache.keys,
                        command.threads.Count(), IsaName(ChooseIsa())));
  PrintNote(fmt::format("mode {}", run.chat_template ? "chat" : "completion"));
  PrintNote(fmt::format("sampler {}", DumpJson(ToJson(run.options.sampler), -1)));
}

void PrintEnd(const Response& response, const Run& run) {
  if (response.context_full) {
    PrintNote(fmt::format("the context of {} tokens is full (--ctx-size)", run.responder->context()));
  }
  if (!run.command.verbose) return;
  const Timings& t = response.result.timings;
  PrintNote(fmt::format(
      "finished by {}; prompt: {} tokens in {:.1f} ms, {} more from the cache; answer: {} tokens in {:.1f} ms",
      FinishReasonName(response.result.finish_reason), t.prompt_n, t.prompt_ms, response.cached, t.predicted_n,
      t.predicted_ms));
}

// llama.cpp's server calls these so.
Json TimingsJson(const Response& response) {
  const Timings& t = response.result.timings;
  return {{"cache_n", response.cached},
          {"prompt_n", t.prompt_n},
          {"prompt_ms", t.prompt_ms},
          {"prompt_per_second", t.prompt_per_second()},
          {"predicted_n", t.predicted_n},
          {"predicted_ms", t.predicted_ms},
          {"predicted_per_second", t.predicted_per_second()}};
}

void PrintJson(const Run& run, const std::string& prompt, const Response& response) {
  const GenerateResult& result = response.result;
  const int64_t prompt_tokens = response.cached + result.timings.prompt_n;
  Print(DumpJson({{"schema", "bantam.run/1"},
                  {"model", run.command.model.model},
                  {"mode", run.chat_template ? "chat" : "completion"},
                  {"prompt", prompt},
                  {"content", result.text},
                  {"finish_reason", FinishReasonName(result.finish_reason)},
                  {"context_full", response.context_full},
                  {"sampler", ToJson(run.options.sampler)},
                  {"usage",
                   {{"prompt_tokens", prompt_tokens},
                    {"completion_tokens", result.timings.predicted_n},
                    {"total_tokens", prompt_tokens + result.timings.predicted_n}}},
                  {"timings", TimingsJson(response)}}) +
        "\n");
}

Chat StartChat(const Run& run) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Chat chat(*run.chat_template, run.opened.tokenizer, std::chrono::duration_cast<std::chrono::seconds>(now).count());
  if (!run.command.system_prompt.empty()) chat.Add("system", run.command.system_prompt);
  return chat;
}

std::vector<int32_t> RenderChat(const Run& run, Chat& chat) {
  int64_t forgotten = 0;
  auto ids = chat.Render(ChatRoom(run.responder->context(), run.options.max_tokens), &forgotten);
  if (forgotten > 0) PrintNote(fmt::format("the context is full: the {} oldest messages were dropped", forgotten));
  return ids;
}

// A text to be continued has not ended, so what the vocabulary adds behind a text (EOS) is taken off.
std::vector<int32_t> EncodeOpenText(const Tokenizer& tokenizer, const std::string& text) {
  std::vector<int32_t> ids = tokenizer.Encode(text);
  ids.resize(ids.size() - tokenizer.vocabulary().template_after.size());
  return ids;
}

void RunOnce(const Run& run) {
  const RunCommand& command = run.command;
  const std::string prompt = ReadText(command.text);
  std::vector<int32_t> ids;
  if (run.chat_template) {
    Chat chat = StartChat(run);
    chat.Add("user", prompt);
    ids = RenderChat(run, chat);
  } else {
    ids = EncodeOpenText(*run.opened.tokenizer, prompt);
    run.responder->RequireRoom(ids);
    if (!command.json && !command.no_display_prompt) Stream(prompt);
  }
  const Response response = run.responder->Answer(ids, run.options);
  if (!command.json) Stream("\n");
  if (response.result.finish_reason == FinishReason::kCancelled) ThrowIfCancelled();
  if (command.json) PrintJson(run, prompt, response);
  PrintEnd(response, run);
}

// One message, one answer. On a terminal Ctrl-C ends the answer and a message that is too long is taken back; both end
// the program where nobody could react.
void ChatTurn(const Run& run, Chat& chat, const std::string& message, bool terminal) {
  chat.Add("user", message);
  Response response;
  try {
    response = run.responder->Answer(RenderChat(run, chat), run.options);
  } catch (const Error& error) {
    if (!terminal || error.code() != ErrorCode::kUsage) throw;
    chat.RemoveLast();
    PrintError(error.what());
    return;
  }
  Stream("\n");
  PrintEnd(response, run);
  if (response.result.finish_reason == FinishReason::kCancelled) {
    if (!terminal) ThrowIfCancelled();
    ClearCancel();
  }
  chat.Add("assistant", response.result.text);
}

void RunChat(const Run& run) {
  const bool terminal = isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
  if (terminal) PrintNote("Ctrl-C stops an answer, Ctrl-D ends the chat");
  Chat chat = StartChat(run);
  while (true) {
    if (terminal) Stream("> ");
    const auto line = ReadLine();
    if (!line) break;
    if (!line->empty()) ChatTurn(run, chat, *line, terminal);
  }
  if (terminal) Stream("\n");
}

void RunModel(const RunCommand& command) {
  if (command.json && !command.one_shot()) {
    Fail(ErrorCode::kUsage, "needs a prompt", "--json", "give one with --prompt or --file");
  }
  const Run run = Open(command);
  if (command.verbose) PrintSettings(run);
  command.one_shot() ? RunOnce(run) : RunChat(run);
}

void AddGenerateOptions(CLI::App& verb, GenerateOptions& options) {
  verb.add_option("-n,--predict", options.max_tokens, "tokens to generate at most; -1: no limit")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{-1}, int64_t{1} << 40))
      ->type_name("N");
  verb.add_option("-r,--reverse-prompt", options.stop, "end before this text; repeatable")->type_name("TEXT");
  verb.add_flag("--ignore-eos", options.ignore_eos, "never sample a token that ends the answer");
}

}  // namespace

void AddRunVerb(CLI::App& program) {
  auto command = std::make_shared<RunCommand>();
  CLI::App* verb = program.add_subcommand("run", "continue a text, answer a message, or chat");
  verb->footer(
      "With a chat template in the model, --prompt is a user message and its answer is printed; without one, or with "
      "--raw,\n"
      "it is a text that is printed and continued. Without --prompt or --file a chat begins, one line a message. When "
      "a\n"
      "chat outgrows the context its oldest turns are dropped, which is said on standard error; generation ends when "
      "the\n"
      "context is full.\n"
      "\nExamples:\n  bantam run -m model.gguf -p \"Once upon a time\" --temp 0 -n 64\n"
      "  bantam run -m model.gguf -sys \"You are a terse guide.\"");
  AddModelOptions(*verb, command->model);
  AddTextOptions(*verb, command->text);
  verb->add_option("--system-prompt", command->system_prompt, "what the model is told first (-sys)")->type_name("TEXT");
  verb->add_option("--chat-template-file", command->template_file, "Jinja template to use instead of the model's")
      ->type_name("FILE");
  verb->add_flag("--raw,--no-conversation", command->raw, "continue the text, whatever template there is (-no-cnv)");
  AddGenerateOptions(*verb, command->generate);
  verb->add_option("-c,--ctx-size", command->context, "tokens of context; 0: the model's, at most 4096")
      ->capture_default_str()
      ->check(CLI::Range(int64_t{0}, int64_t{1} << 24))
      ->type_name("N");
  AddThreadOptions(*verb, command->threads);
  AddCacheOptions(*verb, command->cache);
  AddSamplingOptions(*verb, command->sampling);
  verb->add_flag("--no-display-prompt", command->no_display_prompt, "print only what is generated");
  verb->add_flag("--json", command->json, "print one JSON object at the end");
  verb->add_flag("-v,--verbose", command->verbose, "print settings and timings on standard error");
  verb->callback([command] { RunModel(*command); });
}

}  // namespace bantam::cli
