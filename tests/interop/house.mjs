// A house model against llama.cpp: house.mjs BUILD_FOLDER MODEL_FOLDER
//
//   F32         greedy answers to ten requests, rendered by the model's chat template: the same ids from both programs, and
//               `bantam run` counts the same tokens and prints the same text
//   every type  logits on demo-text.txt, by the bounds of agreement.mjs
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Bantam, compareModel, greedyAgreement, Report, standardDeviation } from "./agreement.mjs";
import { withModel } from "./llama.mjs";

const [build, model] = process.argv.slice(2);
if (!model) throw new Error("usage: house.mjs BUILD_FOLDER MODEL_FOLDER");
const house = join(dirname(fileURLToPath(import.meta.url)), "../../models/house"); // graphs and text, of the twins too
const bantam = new Bantam(build), report = new Report();
const name = basename(model);
const vocab = JSON.parse(readFileSync(join(model, "config.json"), "utf8")).vocab_size;
const chatTemplate = JSON.parse(readFileSync(join(model, "tokenizer_config.json"), "utf8")).chat_template;

const TEXT_TOKENS = 256, ANSWER_TOKENS = 96, CONTEXT = 512;
const REQUESTS = { posters: 5, dialogue: 2, instructions: 1, forbidden: 1, benign: 1 }; // how many of each graph

// The first user message of samples that no training saw.
function requests(graph, count) {
  const file = bantam.path("requests.jsonl");
  bantam.bantam("content", "synth", join(house, `${graph}.yaml`), "-n", `${count}`, "--seed", "7", "--split", "test", "-o", file);
  const samples = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  return samples.map(({ messages }) => messages.find((message) => message.role === "user").content);
}

// Ids of a conversation of one message, by the programs that are held against Jinja2 and two tokenizers.
function promptOf(message) {
  const context = { messages: [{ role: "user", content: message }], add_generation_prompt: true };
  const rendered = JSON.parse(bantam.run("tests/interop/bantam-render-template", [], JSON.stringify({ template: chatTemplate, context }) + "\n"));
  const request = JSON.stringify({ text: rendered.text, special: true, add: false }) + "\n";
  return JSON.parse(bantam.run("tests/interop/bantam-tokenize", [model], request)).ids;
}

function answerOf(file, message) {
  return JSON.parse(bantam.bantam("run", "-m", file, "-p", message, "--temp", "0", "-n", `${ANSWER_TOKENS}`, "--cache-type-k", "f32", "--cache-type-v", "f32", "--json"));
}

async function compareAnswer(judge, file, deviation, label, message) {
  const prompt = promptOf(message);
  const theirs = await judge.greedy(prompt, ANSWER_TOKENS, vocab);
  const end = theirs.tokens.findIndex((token) => judge.model.isEogToken(token));
  if (end >= 0) for (const list of [theirs.tokens, theirs.gaps]) list.length = end + 1;
  const agreement = greedyAgreement(bantam, theirs, file, prompt, vocab, deviation);
  report.line(`${name.padEnd(24)} F32   ${label.padEnd(12)} ${agreement.text}`, agreement.ok);
  if (!agreement.same) return;
  const answer = answerOf(file, message);
  const text = judge.model.detokenize(end < 0 ? theirs.tokens : theirs.tokens.slice(0, end));
  report.line(`${name.padEnd(24)} F32   ${label.padEnd(12)} bantam run: ${answer.usage.prompt_tokens} tokens asked, the same text`,
              answer.usage.prompt_tokens === prompt.length && answer.content === text);
}

const tokens = bantam.tokenize([model], readFileSync(join(house, "demo-text.txt"), "utf8")).slice(0, TEXT_TOKENS);
const deviation = standardDeviation(await compareModel(bantam, report, name, [model], tokens, vocab));
const file = bantam.convert([model], "f32");
await withModel(file, { context: CONTEXT }, async (judge) => {
  for (const [graph, count] of Object.entries(REQUESTS)) {
    for (const message of requests(graph, count)) await compareAnswer(judge, file, deviation, graph, message);
  }
});
report.end(name);
