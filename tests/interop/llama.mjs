// llama.cpp through node-llama-cpp: raw logits at every position and greedy text, the judge of the interop tests.
process.env.NODE_LLAMA_CPP_SKIP_DOWNLOAD = "true";
const { getLlama, LlamaLogLevel } = await import("node-llama-cpp");

let instance;
async function llama() {
  instance ??= await getLlama({ build: "never", gpu: false, logLevel: LlamaLogLevel.error });
  return instance;
}

// Loads a GGUF and calls `use` with an evaluator; everything is freed afterwards. The cache is F32 unless said otherwise
// and flash attention is off, so that keys, values and probabilities are not rounded. The models are small: a second thread
// would wait more than it computes.
export async function withModel(path, { context, kv = "F32", threads = 1 }, use) {
  const model = await (await llama()).loadModel({ modelPath: path, gpuLayers: 0 });
  const llamaContext = await model.createContext({
    contextSize: context, batchSize: context, sequences: 1, threads: { ideal: threads, min: 1 }, flashAttention: false,
    experimentalKvCacheKeyType: kv, experimentalKvCacheValueType: kv,
  });
  const sequence = llamaContext.getSequence();
  try {
    return await use(new Evaluator(model, sequence));
  } finally {
    await llamaContext.dispose();
    await model.dispose();
  }
}

// The vocabulary alone: tokenises without loading weights.
export async function withVocabulary(path, use) {
  const program = await llama();
  // It first tries to load weights to estimate their memory, and prints that there are none.
  program.logLevel = LlamaLogLevel.disabled;
  const model = await program.loadModel({ modelPath: path, gpuLayers: 0, vocabOnly: true });
  program.logLevel = LlamaLogLevel.error;
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}

class Evaluator {
  constructor(model, sequence) {
    this.model = model;
    this.sequence = sequence;
  }

  // Float32Array [tokens.length, vocab]: row i holds the logits after tokens[0..i].
  async logits(tokens, vocab) {
    await this.sequence.clearHistory();
    const results = await this.sequence.controlledEvaluate(tokens.map((token) => [token, { generateNext: { logits: true } }]));
    const out = new Float32Array(tokens.length * vocab).fill(NaN);
    results.forEach((result, row) => {
      for (const [token, value] of result.next.logits) out[row * vocab + token] = value;
    });
    if (out.some(Number.isNaN)) throw new Error("llama.cpp left logits out");
    return out;
  }

  // The most probable continuation of `count` tokens, with the gap between the two best logits at each step.
  async greedy(prompt, count, vocab) {
    const tokens = [...prompt], chosen = [], gaps = [];
    await this.sequence.clearHistory();
    let pending = tokens;
    for (let step = 0; step < count; ++step) {
      const input = pending.map((token, i) => (i + 1 < pending.length ? token : [token, { generateNext: { logits: true } }]));
      const results = await this.sequence.controlledEvaluate(input);
      const row = new Float32Array(vocab);
      for (const [token, value] of results.at(-1).next.logits) row[token] = value;
      const { best, gap } = topTwo(row);
      chosen.push(best);
      gaps.push(gap);
      pending = [best];
    }
    return { tokens: chosen, gaps };
  }
}

// Lowest index among equal logits, as Bantam's greedy choice has it.
export function topTwo(row) {
  let best = 0;
  for (let i = 1; i < row.length; ++i) if (row[i] > row[best]) best = i;
  let second = -Infinity;
  for (let i = 0; i < row.length; ++i) if (i !== best && row[i] > second) second = row[i];
  return { best, gap: row[best] - second };
}
