// The trained model stories260K: the golden text from the checkpoint, from Bantam's GGUF and from llama.cpp on that GGUF,
// and the mean negative log-likelihood of 20 stories by transformer/, runtime/ and llama.cpp, which must agree to 1e-4 nats.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withModel } from "./llama.mjs";

const [build, data] = process.argv.slice(2);
if (!data) {
  console.log("skipped: no data");
  process.exit(0);
}
const VOCAB = 512, CONTEXT = 512, STORIES = 20, AGREEMENT = 1e-4;
const checkpoint = join(data, "models/stories260K/stories260K.bin"), vocabulary = join(data, "models/stories260K/tok512.bin");
const folder = mkdtempSync(join(tmpdir(), "bantam-stories-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const run = (name, ...args) => execFileSync(join(build, name), args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
let failures = 0;

function check(what, ok) {
  console.log(`${what}  ${ok ? "ok" : "FAILED"}`);
  if (!ok) ++failures;
}

// The text stands in quotes in the data folder's README, wrapped at spaces, with \n written out.
function goldenText() {
  const [, text] = readFileSync(join(data, "README.md"), "utf8").match(/prompt "Once upon a time":\n"([^]*?)"\nMean/);
  return text.replaceAll("\n", " ").replaceAll("\\n", "\n");
}

function tokenize(text) {
  return JSON.parse(run("apps/bantam/bantam", "tokenize", "-m", checkpoint, "--tokenizer", vocabulary, "--json", "-p", text)).tokens.map((t) => t.id);
}

function bantamText(...model) {
  return run("apps/bantam/bantam", "run", "-m", ...model, "-p", "Once upon a time", "--temp", "0", "-n", "200");
}

function bantamLogits(engine, tokens) {
  const input = join(folder, "tokens"), output = join(folder, "logits");
  writeFileSync(input, tokens.join(" "));
  run("tests/interop/bantam-logits", gguf, engine, input, output);
  const bytes = readFileSync(output);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

// Sum of -log p(tokens[i + 1] | tokens[0..i]).
function negativeLogLikelihood(logits, tokens) {
  let sum = 0;
  for (let i = 0; i + 1 < tokens.length; ++i) {
    const row = logits.subarray(i * VOCAB, (i + 1) * VOCAB);
    const max = row.reduce((a, b) => Math.max(a, b));
    let total = 0;
    for (const value of row) total += Math.exp(value - max);
    sum += max + Math.log(total) - row[tokens[i + 1]];
  }
  return sum;
}

const gguf = join(folder, "stories.gguf");
run("apps/bantam/bantam", "convert", checkpoint, "--tokenizer", vocabulary, "--type", "f32", "-o", gguf);

const golden = goldenText();
check("golden text from the checkpoint", bantamText(checkpoint, "--tokenizer", vocabulary).startsWith(golden));
check("golden text from the GGUF", bantamText(gguf).startsWith(golden));

const stories = readFileSync(join(data, "text/tinystories-1000.txt"), "utf8").split("\n<|endoftext|>\n").slice(0, STORIES);
const windows = stories.map((story) => tokenize(story).slice(0, CONTEXT));
const positions = windows.reduce((sum, tokens) => sum + tokens.length - 1, 0);
const means = {};
await withModel(gguf, { context: CONTEXT }, async (judge) => {
  const prompt = tokenize("Once upon a time");
  const { tokens } = await judge.greedy(prompt, 200, VOCAB);
  check("golden text from llama.cpp", judge.model.detokenize([...prompt.slice(1), ...tokens]).trimStart().startsWith(golden));
  let sum = 0;
  for (const window of windows) sum += negativeLogLikelihood(await judge.logits(window, VOCAB), window);
  means["llama.cpp"] = sum / positions;
});
for (const engine of ["transformer", "runtime"]) {
  means[engine] = windows.reduce((sum, tokens) => sum + negativeLogLikelihood(bantamLogits(engine, tokens), tokens), 0) / positions;
}
for (const [engine, mean] of Object.entries(means)) {
  check(`${engine.padEnd(12)} mean NLL of ${STORIES} stories, ${positions} tokens: ${mean.toFixed(6)}`,
        Math.abs(mean - means["llama.cpp"]) <= AGREEMENT);
}
process.exit(failures === 0 ? 0 : 1);
