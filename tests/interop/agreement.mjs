// How far Bantam and llama.cpp may differ on one model, and what the comparisons share: Bantam's programs, sums over logits and
// a report.
//
//   F32   raw logits at every position: largest difference at most 1e-3 of the logits' standard deviation
//         greedy text: identical up to the first near-tie
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
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { topTwo, withModel } from "./llama.mjs";

export const TOLERANCE = 1e-3; // of the logits' standard deviation
const GREEDY = 64, PROMPT = 8;

// Bantam's programs and a folder for what they write, which goes when this process ends.
export class Bantam {
  constructor(build) {
    this.build = build;
    this.folder = mkdtempSync(join(tmpdir(), "bantam-interop-"));
    process.on("exit", () => rmSync(this.folder, { recursive: true, force: true }));
  }

  path(name) {
    return join(this.folder, name);
  }

  run(program, args, input) {
    return execFileSync(join(this.build, program), args, {
      encoding: "utf8", input, stdio: [input === undefined ? "ignore" : "pipe", "pipe", "inherit"], maxBuffer: 1 << 28,
    });
  }

  bantam(...args) {
    return this.run("apps/bantam/bantam", args);
  }

  // `source`: the model and the flags that go with it. The path of the GGUF.
  convert(source, type) {
    const file = this.path(`${type}.gguf`);
    this.bantam("convert", ...source, "--type", type, "-o", file);
    return file;
  }

  tokenize(source, text) {
    return JSON.parse(this.bantam("tokenize", "-m", ...source, "--json", "-p", text)).tokens.map((token) => token.id);
  }

  // Float32Array [tokens.length, vocab] of one of the engines of bantam-logits.
  logits(model, engine, tokens) {
    const input = this.path("tokens.txt"), output = this.path("logits.f32");
    writeFileSync(input, tokens.join(" "));
    this.run("tests/interop/bantam-logits", [model, engine, input, output]);
    const bytes = readFileSync(output);
    return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4).slice();
  }
}

export class Report {
  failures = 0;

  line(text, ok) {
    console.log(`${text}  ${ok ? "ok" : "FAILED"}`);
    if (!ok) ++this.failures;
  }

  end(name) {
    console.log(this.failures === 0 ? `${name}: all passed` : `${name}: ${this.failures} FAILED`);
    process.exit(this.failures === 0 ? 0 : 1);
  }
}

export function standardDeviation(values) {
  let sum = 0, squares = 0;
  for (const v of values) { sum += v; squares += v * v; }
  return Math.sqrt(squares / values.length - (sum / values.length) ** 2);
}

export function largestDifference(a, b) {
  if (a.length !== b.length) throw new Error(`${a.length} against ${b.length} logits`);
  let largest = 0;
  for (let i = 0; i < a.length; ++i) {
    const difference = Math.abs(a[i] - b[i]);
    if (!(difference <= largest)) largest = difference; // NaN wins
  }
  return largest;
}

export function logSoftmax(row) {
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

// Bantam's greedy text from its own logits, one forward pass over the whole text: beyond doubt. `deviation` is the logits'.
export function greedyAgreement(bantam, theirs, model, prompt, vocab, deviation) {
  const all = bantam.logits(model, "runtime", [...prompt, ...theirs.tokens.slice(0, -1)]);
  for (let step = 0; step < theirs.tokens.length; ++step) {
    const row = (prompt.length - 1 + step) * vocab;
    const { best } = topTwo(all.subarray(row, row + vocab));
    if (best === theirs.tokens[step]) continue;
    const gap = theirs.gaps[step];
    return { same: false, ok: gap < 10 * TOLERANCE * deviation, text: `differs at token ${step}, gap ${gap.toExponential(1)}` };
  }
  return { same: true, ok: true, text: `${theirs.tokens.length} tokens identical` };
}

// llama.cpp's room for `tokens` and a greedy continuation of their beginning, and one token more: node-llama-cpp drops the oldest
// tokens of a context as soon as it is full.
const contextFor = (tokens) => Math.ceil((Math.max(tokens.length, PROMPT + GREEDY) + 1) / 256) * 256;

async function compareF32(bantam, report, name, source, tokens, vocab, window) {
  const file = bantam.convert(source, "f32");
  const prompt = tokens.slice(0, PROMPT), count = Math.min(GREEDY, window - PROMPT);
  const [reference, greedy] = await withModel(file, { context: contextFor(tokens) }, async (judge) =>
    [await judge.logits(tokens, vocab), await judge.greedy(prompt, count, vocab)]);
  const deviation = standardDeviation(reference);
  for (const engine of ["transformer", "runtime"]) {
    const relative = largestDifference(reference, bantam.logits(file, engine, tokens)) / deviation;
    report.line(`${name.padEnd(24)} F32   ${engine.padEnd(12)} max |difference| / std ${relative.toExponential(2)}`, relative <= TOLERANCE);
  }
  const agreement = greedyAgreement(bantam, greedy, file, prompt, vocab, deviation);
  report.line(`${name.padEnd(24)} F32   greedy       ${agreement.text}`, agreement.ok);
  return reference;
}

async function compareType(bantam, report, name, source, type, tokens, vocab, f32) {
  const file = bantam.convert(source, type);
  const theirs = await withModel(file, { context: contextFor(tokens) }, (judge) => judge.logits(tokens, vocab));
  const own = meanKl(f32, theirs, vocab); // what the type itself costs
  const ours = bantam.logits(file, "runtime", tokens);
  const between = meanKl(theirs, ours, vocab);
  let ok = between <= 0.2 * own, remark = "";
  if (!ok) {
    const exact = bantam.logits(file, "transformer", tokens); // the same weights, activations not rounded
    const oursToExact = meanKl(exact, ours, vocab), theirsToExact = meanKl(exact, theirs, vocab);
    ok = between <= 2 * theirsToExact && oursToExact <= 1.25 * theirsToExact;
    remark = `; to unrounded activations: Bantam ${oursToExact.toExponential(2)}, llama.cpp ${theirsToExact.toExponential(2)}`;
  }
  if (type === "q8_0") ok &&= between <= 1e-3;
  report.line(`${name.padEnd(24)} ${type.toUpperCase().padEnd(5)} runtime      KL ${between.toExponential(2)}, of the type's own ${own.toExponential(2)}: ${(between / own).toFixed(4)}${remark}`, ok);
}

// Logits of every type, and greedy text in F32. llama.cpp's F32 logits come back.
export async function compareModel(bantam, report, name, source, tokens, vocab, window = Infinity) {
  const f32 = await compareF32(bantam, report, name, source, tokens, vocab, window);
  for (const type of ["f16", "bf16", "q8_0", "q4_0"]) await compareType(bantam, report, name, source, type, tokens, vocab, f32);
  return f32;
}
