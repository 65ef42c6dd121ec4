// The trained model stories260K: the golden text from the checkpoint, from Bantam's GGUF and from llama.cpp on that GGUF,
// and the mean negative log-likelihood of 20 stories by transformer/, runtime/ and llama.cpp, which must agree to 1e-4 nats.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Bantam, logSoftmax, Report } from "./agreement.mjs";
import { withModel } from "./llama.mjs";

const [build, data] = process.argv.slice(2);
if (!data) {
  console.log("skipped: no data");
  process.exit(0);
}
const VOCAB = 512, CONTEXT = 512, STORIES = 20, AGREEMENT = 1e-4;
const bantam = new Bantam(build), report = new Report();
const source = [join(data, "models/stories260K/stories260K.bin"), "--tokenizer", join(data, "models/stories260K/tok512.bin")];

// The text stands in quotes in the data folder's README, wrapped at spaces, with \n written out.
function goldenText() {
  const [, text] = readFileSync(join(data, "README.md"), "utf8").match(/prompt "Once upon a time":\n"([^]*?)"\nMean/);
  return text.replaceAll("\n", " ").replaceAll("\\n", "\n");
}

function bantamText(...model) {
  return bantam.bantam("run", "-m", ...model, "-p", "Once upon a time", "--temp", "0", "-n", "200");
}

// Sum of -log p(tokens[i + 1] | tokens[0..i]).
function negativeLogLikelihood(logits, tokens) {
  let sum = 0;
  for (let i = 0; i + 1 < tokens.length; ++i) sum -= logSoftmax(logits.subarray(i * VOCAB, (i + 1) * VOCAB))[tokens[i + 1]];
  return sum;
}

const gguf = bantam.convert(source, "f32");
const golden = goldenText();
report.line("golden text from the checkpoint", bantamText(...source).startsWith(golden));
report.line("golden text from the GGUF", bantamText(gguf).startsWith(golden));

const stories = readFileSync(join(data, "text/tinystories-1000.txt"), "utf8").split("\n<|endoftext|>\n").slice(0, STORIES);
const windows = stories.map((story) => bantam.tokenize(source, story).slice(0, CONTEXT));
const positions = windows.reduce((sum, tokens) => sum + tokens.length - 1, 0);
const means = {};
await withModel(gguf, { context: CONTEXT }, async (judge) => {
  const prompt = bantam.tokenize(source, "Once upon a time");
  const { tokens } = await judge.greedy(prompt, 200, VOCAB);
  report.line("golden text from llama.cpp", judge.model.detokenize([...prompt.slice(1), ...tokens]).trimStart().startsWith(golden));
  let sum = 0;
  for (const window of windows) sum += negativeLogLikelihood(await judge.logits(window, VOCAB), window);
  means["llama.cpp"] = sum / positions;
});
for (const engine of ["transformer", "runtime"]) {
  means[engine] = windows.reduce((sum, tokens) => sum + negativeLogLikelihood(bantam.logits(gguf, engine, tokens), tokens), 0) / positions;
}
for (const [engine, mean] of Object.entries(means)) {
  report.line(`${engine.padEnd(12)} mean NLL of ${STORIES} stories, ${positions} tokens: ${mean.toFixed(6)}`,
              Math.abs(mean - means["llama.cpp"]) <= AGREEMENT);
}
report.end("stories260K");
