// Tokenizers with the steps of other model families: a real vocabulary, cut down, and the normalizers, pre-tokenizers and
// decoders that their tokenizer.json has. White space that @huggingface/tokenizers counts otherwise than the families' own
// tokenizers (docs/tokenizers.md) is not in the texts for the steps that have it fixed in code.

const LLAMA3_TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const CASED_TAIL = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const cased = (end) => `[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+${end}` +
  `|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*${end}`;

const byteLevel = (regex, space = false) => ({ type: "ByteLevel", add_prefix_space: space, use_regex: regex, trim_offsets: false });
const split = (regex, behavior = "Isolated", invert = false) => ({ type: "Split", pattern: { Regex: regex }, behavior, invert });
const words = (...steps) => ({ type: "Sequence", pretokenizers: [...steps, byteLevel(false)] });
const metaspace = (scheme) => ({ type: "Metaspace", replacement: "▁", prepend_scheme: scheme, split: false });

const BYTES = {
  "GPT-2": (json) => Object.assign(json, { normalizer: null, pre_tokenizer: byteLevel(true) }),
  "GPT-2 with prefix space": (json) => Object.assign(json, { normalizer: null, pre_tokenizer: byteLevel(true, true) }),
  "Llama 3": (json) => {
    json.pre_tokenizer = words(split(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}" + LLAMA3_TAIL));
    json.model.ignore_merges = true;
  },
  "DeepSeek Coder": (json) => {
    json.pre_tokenizer = words(split("[\r\n]"), split("\\s?\\p{L}+"), split("\\s?\\p{P}+"), split("[一-龥ࠀ-一가-퟿]+"),
      split("\\p{N}"));
  },
  "DeepSeek V3": (json) => {
    json.pre_tokenizer = words(split("\\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"),
      split("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*" +
        "|\\s*[\r\n]+|\\s+(?!\\S)|\\s+"));
  },
  "Mistral Nemo": (json) => (json.pre_tokenizer = words(split(cased("") + "|\\p{N}" + CASED_TAIL))),
  "GPT-4o": (json) => (json.pre_tokenizer = words(split(cased(CONTRACTIONS + "?") + "|\\p{N}{1,3}" + CASED_TAIL))),
  "digits from the right": (json) => (json.pre_tokenizer = words(split("\\p{N}+"), split("(?=(\\d{3})+(?!\\d))"))),
  "words only": (json) => (json.pre_tokenizer = words(split("\\w+|[^\\w\\s]+", "Removed", true))),
  "spaces removed": (json) => (json.pre_tokenizer = words(split("\\s+", "Removed"))),
  "NFKC and a regex": (json) => {
    json.normalizer = { type: "Sequence", normalizers: [{ type: "NFKC" }, { type: "Replace", pattern: { Regex: " {2,}" }, content: " " }] };
  },
  "NFD": (json) => (json.normalizer = { type: "NFD" }),
  "space beside added tokens": (json) => {
    for (const token of json.added_tokens) Object.assign(token, { lstrip: token.id % 2 === 0, rstrip: token.id % 3 === 0 });
  },
};
const PIECES = {
  "Metaspace always": (json) =>
    Object.assign(json, { normalizer: null, pre_tokenizer: metaspace("always"), decoder: metaspace("always") }),
  "Metaspace first": (json) => Object.assign(json, { normalizer: null, pre_tokenizer: metaspace("first") }),
  "Metaspace never": (json) => Object.assign(json, { normalizer: null, pre_tokenizer: metaspace("never") }),
  "normalized added tokens": (json) => {
    json.added_tokens.push({ id: 32000, content: "Hello world", normalized: true }, { id: 32001, content: "é ", normalized: true });
  },
  "no byte fallback": (json) => (json.model.byte_fallback = false),
  "unknown tokens one by one": (json) => Object.assign(json.model, { byte_fallback: false, fuse_unk: false }),
};

// The first `count` tokens and the merges among them.
function cut(json, count) {
  const vocab = Object.fromEntries(Object.entries(json.model.vocab).filter(([, id]) => id < count));
  const known = (merge) => Object.hasOwn(vocab, (Array.isArray(merge) ? merge : merge.split(" ")).join(""));
  const added = json.added_tokens.map((token, i) => ({ ...token, id: token.id < count ? token.id : count + i }));
  return { ...json, added_tokens: added, model: { ...json.model, vocab, merges: json.model.merges.filter(known) } };
}

// [name, tokenizer.json] of each variant, made from those of Qwen3 (byte-level) and Llama 2 (pieces).
export function variants(qwen3, llama2) {
  const make = (json, count, changes) => Object.entries(changes).map(([name, change]) => {
    const copy = structuredClone(cut(json, count));
    change(copy);
    return [name, copy];
  });
  return [...make(qwen3, 20000, BYTES), ...make(llama2, 32000, PIECES)];
}

export const onlyCommonSpaces = (text) => text.replace(/[\ufeff\u0085]/g, "");
// Nor letters that are newer than llama.cpp's table of Unicode 15.1, and the planes where more of them come each year.
export const onlyCommonCharacters = (text) => onlyCommonSpaces(text)
  .replace(/[\u088f\u0c5c\u0cdc\u1c89\u1c8a\ua7cb-\ua7cf\ua7d2\ua7d4\ua7da-\ua7dc\ua7f1\u{10000}-\u{1cfff}\u{1e000}-\u{1efff}\u{20000}-\u{3ffff}]/gu, "");
