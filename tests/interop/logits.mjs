// Holds Bantam's transformer/ and runtime/ against llama.cpp, by the bounds of agreement.mjs, on a random model of every family
// and on stories260K.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Bantam, compareModel, largestDifference, Report, standardDeviation, TOLERANCE } from "./agreement.mjs";

const [build, data] = process.argv.slice(2);
if (!build) throw new Error("usage: logits.mjs BUILD_FOLDER [DATA_FOLDER]");
const bantam = new Bantam(build), report = new Report();

const LENGTH = 96; // positions compared on each random model

// A fixed sequence of ids: what is compared is arithmetic, any ids do. 1103515245 and 12345: the C standard's example LCG.
function pseudoTokens(count, vocab) {
  let state = 42;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % vocab;
  });
}

// Beyond a sliding window llama.cpp is no judge where its loader ignores the window: the naive oracle is.
function compareBeyondWindow(name, source, vocab) {
  const file = bantam.convert(source, "f32");
  const tokens = pseudoTokens(LENGTH, vocab);
  const exact = bantam.logits(file, "naive", tokens);
  for (const engine of ["transformer", "runtime"]) {
    const relative = largestDifference(exact, bantam.logits(file, engine, tokens)) / standardDeviation(exact);
    report.line(`${name.padEnd(24)} F32   ${engine.padEnd(12)} max |difference| / std ${relative.toExponential(2)} to the naive oracle`, relative <= TOLERANCE);
  }
}

for (const name of bantam.run("tests/interop/bantam-make-model", ["--list"]).trim().split("\n")) {
  const source = bantam.path(name.replace(/\W/g, "_"));
  bantam.run("tests/interop/bantam-make-model", [name, source]);
  const config = JSON.parse(readFileSync(join(source, "config.json"), "utf8"));
  const vocab = config.vocab_size;
  const window = config.sliding_window ?? Infinity;
  if (window < LENGTH) compareBeyondWindow(name, [source], vocab);
  await compareModel(bantam, report, name, [source], pseudoTokens(Math.min(LENGTH, window), vocab), vocab, window);
  rmSync(source, { recursive: true });
}

const stories = data ? join(data, "models/stories260K/stories260K.bin") : "";
if (existsSync(stories)) {
  const source = [stories, "--tokenizer", join(data, "models/stories260K/tok512.bin")];
  const text = readFileSync(join(data, "text/tinystories-1000.txt"), "utf8").split("\n<|endoftext|>\n")[0];
  await compareModel(bantam, report, "stories260K", source, bantam.tokenize(source, text).slice(0, 192), 512);
} else {
  console.log("stories260K              skipped: no data");
}
report.end("logits");
