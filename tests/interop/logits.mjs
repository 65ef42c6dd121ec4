// Holds Bantam's transformer/ and runtime/ against llama.cpp on a random model of every family and on stories260K:
//
//   F32   raw logits at every position: largest difference at most 1e-3 of the logits' standard deviation
//         greedy text of 64 tokens: identical up to the first near-tie
//   F16, BF16, Q8_0, Q4_0   mean KL(llama.cpp || Bantam's runtime) on the same file: at most 0.2 of the type's own KL to
//         F32, and at most 1e-3 for Q8_0
//
// F16 and BF16 can exceed 0.2 without anything being wrong: activations are rounded to 16 bits at every layer, a difference
// of 1e-7 flips some roundings, each flip changes every later activation by a fraction of a step, and soon the two programs
// round independently. llama.cpp differs from itself that way when it takes the same tokens one by one instead of as a batch
// (0.40 of F16's own KL on stories260K). What must hold then: two independent roundings of equal size differ by at most twice
// what rounding costs, KL(exact || llama.cpp), exact being the same weights with unrounded activations; and Bantam's own
// rounding costs at most a quarter more than llama.cpp's.
//
// The F32 bound: each logit is the end of some 10 L roundings of relative size sqrt(d) 2^-24 (L blocks, rows of d values,
// errors of a sum growing as a random walk), both programs have them, and the norms before the head keep them relative to
// the logits' spread: 2 * 10 L sqrt(d) 2^-24 = 5e-5 for L = 4, d = 128. 1e-3 leaves a factor of 20 for cancellation, and a
// wrong switch (a RoPE pairing, a scale, a mask) shows as 1e-1 and more.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topTwo, withModel } from "./llama.mjs";

const [build, data] = process.argv.slice(2);
if (!build) throw new Error("usage: logits.mjs BUILD_FOLDER [DATA_FOLDER]");
const program = (name) => join(build, name);
const run = (name, ...args) => execFileSync(program(name), args, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
const folder = mkdtempSync(join(tmpdir(), "bantam-interop-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const LENGTH = 96; // positions compared on each random model
const GREEDY = 64, PROMPT = 8;
const TOLERANCE = 1e-3; // of the logits' standard deviation
let failures = 0;

function verdict(ok) {
  if (!ok) ++failures;
  return ok ? "ok" : "FAILED";
}

function floats(path) {
  const bytes = readFileSync(path);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function bantamLogits(model, engine, tokens, kv = "f32") {
  const input = join(folder, "tokens.txt"), output = join(folder, "logits.f32");
  writeFileSync(input, tokens.join(" "));
  run("tests/interop/bantam-logits", model, engine, input, output, kv);
  return floats(output).slice();
}

function standardDeviation(values) {
  let sum = 0, squares = 0;
  for (const v of values) { sum += v; squares += v * v; }
  return Math.sqrt(squares / values.length - (sum / values.length) ** 2);
}

function largestDifference(a, b) {
  if (a.length !== b.length) throw new Error(`${a.length} against ${b.length} logits`);
  let largest = 0;
  for (let i = 0; i < a.length; ++i) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference; // NaN wins
  }
  return largest;
}

function logSoftmax(row) {
  let max = -Infinity, sum = 0;
  for (const v of row) max = Math.max(max, v);
  for (const v of row) sum += Math.exp(v - max);
  const norm = max + Math.log(sum);
  return Float64Array.from(row, (v) => v - norm);
}

function meanKl(base, other, vocab) {
  let sum = 0;
  const rows = base.length / vocab;
  for (let r = 0; r < rows; ++r) {
    const p = logSoftmax(base.subarray(r * vocab, (r + 1) * vocab));
    const q = logSoftmax(other.subarray(r * vocab, (r + 1) * vocab));
    for (let i = 0; i < vocab; ++i) sum += Math.exp(p[i]) * (p[i] - q[i]);
  }
  return sum / rows;
}

// A fixed sequence of ids: what is compared is arithmetic, any ids do. 1103515245 and 12345: the C standard's example LCG.
function pseudoTokens(count, vocab) {
  let state = 42;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % vocab;
  });
}

// Bantam's greedy text from its own logits, one forward pass per token over the whole text: slow and beyond doubt.
function greedyAgreement(theirs, model, prompt, vocab, tolerance) {
  const all = bantamLogits(model, "runtime", [...prompt, ...theirs.tokens.slice(0, -1)]);
  for (let step = 0; step < theirs.tokens.length; ++step) {
    const row = (prompt.length - 1 + step) * vocab;
    const { best } = topTwo(all.subarray(row, row + vocab));
    if (best === theirs.tokens[step]) continue;
    return { ok: theirs.gaps[step] < 10 * tolerance, text: `differs at token ${step}, gap ${theirs.gaps[step].toExponential(1)}` };
  }
  return { ok: true, text: `${theirs.tokens.length} tokens identical` };
}

async function compareF32(name, source, tokens, vocab, window) {
  const file = join(folder, `${name.replace(/\W/g, "_")}-f32.gguf`);
  run("apps/bantam/bantam", "convert", ...source, "--type", "f32", "-o", file);
  const prompt = tokens.slice(0, PROMPT), count = Math.min(GREEDY, window - PROMPT);
  const [reference, greedy] = await withModel(file, { context: 256 }, async (judge) =>
    [await judge.logits(tokens, vocab), await judge.greedy(prompt, count, vocab)]);
  const deviation = standardDeviation(reference);
  for (const engine of ["transformer", "runtime"]) {
    const relative = largestDifference(reference, bantamLogits(file, engine, tokens)) / deviation;
    console.log(`${name.padEnd(24)} F32   ${engine.padEnd(12)} max |difference| / std ${relative.toExponential(2)}  ${verdict(relative <= TOLERANCE)}`);
  }
  const agreement = greedyAgreement(greedy, file, prompt, vocab, TOLERANCE * deviation);
  console.log(`${name.padEnd(24)} F32   greedy       ${agreement.text}  ${verdict(agreement.ok)}`);
  return reference;
}

async function compareType(name, source, type, tokens, vocab, f32) {
  const file = join(folder, `${name.replace(/\W/g, "_")}-${type}.gguf`);
  run("apps/bantam/bantam", "convert", ...source, "--type", type, "-o", file);
  const theirs = await withModel(file, { context: 256 }, (judge) => judge.logits(tokens, vocab));
  const own = meanKl(f32, theirs, vocab); // what the type itself costs
  const ours = bantamLogits(file, "runtime", tokens);
  const between = meanKl(theirs, ours, vocab);
  let ok = between <= 0.2 * own, remark = "";
  if (!ok) {
    const exact = bantamLogits(file, "transformer", tokens); // the same weights, activations not rounded
    const oursToExact = meanKl(exact, ours, vocab), theirsToExact = meanKl(exact, theirs, vocab);
    ok = between <= 2 * theirsToExact && oursToExact <= 1.25 * theirsToExact;
    remark = `; to unrounded activations: Bantam ${oursToExact.toExponential(2)}, llama.cpp ${theirsToExact.toExponential(2)}`;
  }
  if (type === "q8_0") ok &&= between <= 1e-3;
  console.log(`${name.padEnd(24)} ${type.toUpperCase().padEnd(5)} runtime      KL ${between.toExponential(2)}, of the type's own ${own.toExponential(2)}: ${(between / own).toFixed(4)}${remark}  ${verdict(ok)}`);
}

async function compareModel(name, source, tokens, vocab, window = Infinity) {
  const f32 = await compareF32(name, source, tokens, vocab, window);
  for (const type of ["f16", "bf16", "q8_0", "q4_0"]) await compareType(name, source, type, tokens, vocab, f32);
}

// Beyond a sliding window llama.cpp is no judge where its loader ignores the window: the naive oracle is.
function compareBeyondWindow(name, source, vocab) {
  const file = join(folder, "window.gguf");
  run("apps/bantam/bantam", "convert", ...source, "--type", "f32", "-o", file);
  const tokens = pseudoTokens(LENGTH, vocab);
  const exact = bantamLogits(file, "naive", tokens);
  for (const engine of ["transformer", "runtime"]) {
    const relative = largestDifference(exact, bantamLogits(file, engine, tokens)) / standardDeviation(exact);
    console.log(`${name.padEnd(24)} F32   ${engine.padEnd(12)} max |difference| / std ${relative.toExponential(2)} to the naive oracle  ${verdict(relative <= TOLERANCE)}`);
  }
}

for (const name of run("tests/interop/bantam-make-model", "--list").trim().split("\n")) {
  const source = join(folder, name.replace(/\W/g, "_"));
  run("tests/interop/bantam-make-model", name, source);
  const config = JSON.parse(readFileSync(join(source, "config.json"), "utf8"));
  const vocab = config.vocab_size;
  const window = config.sliding_window ?? Infinity;
  if (window < LENGTH) compareBeyondWindow(name, [source], vocab);
  await compareModel(name, [source], pseudoTokens(Math.min(LENGTH, window), vocab), vocab, window);
  rmSync(source, { recursive: true });
}

const stories = data ? join(data, "models/stories260K/stories260K.bin") : "";
if (existsSync(stories)) {
  const source = [stories, "--tokenizer", join(data, "models/stories260K/tok512.bin")];
  const text = readFileSync(join(data, "text/tinystories-1000.txt"), "utf8").split("\n<|endoftext|>\n")[0];
  const tokens = JSON.parse(run("apps/bantam/bantam", "tokenize", "-m", stories, "--tokenizer", source[2], "--json", "-p", text)).tokens.map((t) => t.id);
  await compareModel("stories260K", source, tokens.slice(0, 192), 512);
} else {
  console.log("stories260K              skipped: no data");
}

console.log(failures === 0 ? "logits: all passed" : `logits: ${failures} FAILED`);
process.exit(failures === 0 ? 0 : 1);
