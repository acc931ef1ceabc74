import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { imageOf, type RandomDecoder, randomDecoder, TOKENS } from "../../test/random-decoder.js";
import { type DecoderStep, type Decoding, type DecodingOptions, decode, type EncodedImages } from "./index.js";

const EPSILON = 1e-9;
const seed = fc.integer({ min: 0, max: 1 << 30 });
const lengthExponent = fc.constantFrom(0, 0.7, 1, 2);

interface Sentence {
  tokens: number[];
  logProbability: number;
  score: number;
}

/** Log-probabilities of every next word after `words`, each found by running the model from the start. */
async function nextWord(encoded: EncodedImages, step: DecoderStep, words: number[]): Promise<number[]> {
  let { hidden, cell } = encoded;
  let logits: number[] = [];
  for (const word of [TOKENS.start, ...words]) {
    const token = BigInt64Array.of(BigInt(word));
    const output = await step({ token, hidden, cell, features: encoded.features, projected: encoded.projected });
    ({ hidden, cell } = output);
    logits = [...output.logits.data];
  }
  const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  return logits.map((logit) => logit - total);
}

/** Every caption of 1 to maxLength words with its exact score, best first. */
async function allCaptions({ encoded, step }: RandomDecoder, options: DecodingOptions): Promise<Sentence[]> {
  const found: Sentence[] = [];
  const visit = async (words: number[], logProbability: number): Promise<void> => {
    const next = await nextWord(encoded, step, words);
    if (words.length > 0) {
      const whole = logProbability + next[TOKENS.end]!;
      found.push({ tokens: words, logProbability: whole, score: whole / (words.length + 1) ** options.lengthExponent });
    }
    if (words.length === options.maxLength) return;
    for (let word = 4; word < next.length; word++) await visit([...words, word], logProbability + next[word]!);
  };
  await visit([], 0);
  return found.sort((a, b) => b.score - a.score);
}

/** The same search as decode's, as the textbook has it: sorts everything, stops only when no hypothesis lives. */
async function plainBeamSearch({ encoded, step }: RandomDecoder, options: DecodingOptions): Promise<Sentence[]> {
  let live: { tokens: number[]; logProbability: number }[] = [{ tokens: [], logProbability: 0 }];
  const found: Sentence[] = [];
  for (let length = 0; live.length > 0; length++) {
    const candidates: { word: number; parent: number; logProbability: number }[] = [];
    for (const [parent, { tokens, logProbability }] of live.entries()) {
      for (const [word, p] of (await nextWord(encoded, step, tokens)).entries()) {
        if (word < 4 && word !== TOKENS.end) continue;
        if (word === TOKENS.end ? length === 0 : length === options.maxLength) continue;
        candidates.push({ word, parent, logProbability: logProbability + p });
      }
    }
    candidates.sort((a, b) => b.logProbability - a.logProbability || a.word - b.word || a.parent - b.parent);
    const before = live;
    live = [];
    for (const { word, parent, logProbability } of candidates.slice(0, options.beam)) {
      const { tokens } = before[parent]!;
      if (word === TOKENS.end) {
        found.push({ tokens, logProbability, score: logProbability / (length + 1) ** options.lengthExponent });
      } else {
        live.push({ tokens: [...tokens, word], logProbability });
      }
    }
  }
  return found.sort((a, b) => b.score - a.score);
}

function close(a: number, b: number, what: string): void {
  assert.ok(Math.abs(a - b) <= EPSILON * Math.max(1, Math.abs(a)), `${what}: ${a} and ${b}`);
}

function sameCaptions(decoding: Decoding, expected: Sentence[]): void {
  const [best, ...others] = expected;
  assert.deepEqual(decoding.tokens, best!.tokens);
  close(decoding.logProbability, best!.logProbability, "log-probability");
  close(decoding.score, best!.score, "score");
  assert.deepEqual(
    decoding.alternatives.map(({ tokens }) => tokens),
    others.map(({ tokens }) => tokens),
  );
  for (const [i, { score }] of decoding.alternatives.entries()) close(score, others[i]!.score, "alternative's score");
}

test("a beam as wide as the space finds the best captions of all", async () => {
  await fc.assert(
    fc.asyncProperty(seed, lengthExponent, fc.integer({ min: 1, max: 3 }), async (seed, lengthExponent, maxLength) => {
      const model = randomDecoder(seed, { vocabulary: 7 });
      const options = { beam: 200, maxLength, lengthExponent, alternatives: 2 };
      const [decoding] = await decode(model.encoded, model.step, TOKENS, options);
      sameCaptions(decoding!, (await allCaptions(model, options)).slice(0, 3));
    }),
    { numRuns: 60 },
  );
});

test("any beam finds what a plain beam search without early stop finds", async () => {
  await fc.assert(
    fc.asyncProperty(
      seed,
      lengthExponent,
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 0, max: 3 }),
      async (seed, lengthExponent, beam, maxLength, alternatives) => {
        const model = randomDecoder(seed, { vocabulary: 12, scale: 1.5 });
        const options = { beam, maxLength, lengthExponent, alternatives };
        const [decoding] = await decode(model.encoded, model.step, TOKENS, options);
        sameCaptions(decoding!, (await plainBeamSearch(model, options)).slice(0, 1 + alternatives));
      },
    ),
    { numRuns: 150 },
  );
});

test("beam 1 is greedy decoding", async () => {
  await fc.assert(
    fc.asyncProperty(seed, async (seed) => {
      const model = randomDecoder(seed, { vocabulary: 12 });
      const words: number[] = [];
      while (words.length < 9) {
        const next = await nextWord(model.encoded, model.step, words);
        const allowed = next.map((p, word) => ({ p, word })).filter(({ word }) => word >= (words.length === 0 ? 4 : 2));
        const { word } = allowed.filter(({ word }) => word !== TOKENS.unk).sort((a, b) => b.p - a.p)[0]!;
        if (word === TOKENS.end) break;
        words.push(word);
      }
      const options = { beam: 1, maxLength: 9, lengthExponent: 0.7 };
      const [decoding] = await decode(model.encoded, model.step, TOKENS, options);
      assert.deepEqual(decoding!.tokens, words);
    }),
    { numRuns: 80 },
  );
});

test("a batch gives what its images give one by one, in one step call a word", async () => {
  await fc.assert(
    fc.asyncProperty(
      seed,
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      async (seed, images, beam) => {
        const model = randomDecoder(seed, { images, vocabulary: 15, scale: 1.5 });
        const options = { beam, maxLength: 8, lengthExponent: 0.7, alternatives: 1 };
        const together = await decode(model.encoded, model.step, TOKENS, options);
        const batchCalls = model.calls.splice(0);
        const alone: Decoding[] = [];
        let longest = 0;
        for (let i = 0; i < images; i++) {
          alone.push(...(await decode(imageOf(model.encoded, i), model.step, TOKENS, options)));
          longest = Math.max(longest, model.calls.splice(0).length);
        }
        assert.deepEqual(together, alone);
        assert.equal(batchCalls.length, longest, "one call a word, until the longest search is over");
        assert.ok(batchCalls.every((rows) => rows <= images * beam));
      },
    ),
    { numRuns: 60 },
  );
});

test("finished images leave the batch", async () => {
  const model = randomDecoder(5, { images: 20, vocabulary: 15 });
  await decode(model.encoded, model.step, TOKENS, { beam: 1, maxLength: 10, lengthExponent: 0.7 });
  assert.equal(model.calls[0], 20);
  assert.deepEqual(
    model.calls,
    [...model.calls].sort((a, b) => b - a),
  );
  assert.ok(model.calls.at(-1)! < 20, `rows a call: ${model.calls}`);
});

test("captions have 1 to maxLength words, no special ones, and an attention map of sum 1 for each", async () => {
  await fc.assert(
    fc.asyncProperty(
      seed,
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 6 }),
      async (seed, beam, maxLength) => {
        const model = randomDecoder(seed, { images: 3, vocabulary: 9, locations: 6 });
        const all = await decode(model.encoded, model.step, TOKENS, {
          beam,
          maxLength,
          lengthExponent: 1,
          alternatives: 4,
        });
        for (const { tokens, attention, alternatives } of all) {
          for (const caption of [tokens, ...alternatives.map(({ tokens }) => tokens)]) {
            assert.ok(caption.length >= 1 && caption.length <= maxLength);
            assert.ok(caption.every((token) => token > 3));
          }
          assert.equal(attention.length, tokens.length * 6);
          for (let t = 0; t < tokens.length; t++) {
            const sum = attention.subarray(t * 6, (t + 1) * 6).reduce((a, b) => a + b, 0);
            assert.ok(Math.abs(sum - 1) < 1e-5);
          }
        }
      },
    ),
    { numRuns: 60 },
  );
});

test("the attention is that of the caption's own path through the beam", async () => {
  const model = randomDecoder(77, { vocabulary: 15, locations: 4, scale: 1 });
  const [decoding] = await decode(model.encoded, model.step, TOKENS, { beam: 4, maxLength: 7, lengthExponent: 1 });
  let { hidden, cell } = model.encoded;
  const { features, projected } = model.encoded;
  const maps: number[] = [];
  for (const word of [TOKENS.start, ...decoding!.tokens.slice(0, -1)]) {
    const output = await model.step({ token: BigInt64Array.of(BigInt(word)), hidden, cell, features, projected });
    ({ hidden, cell } = output);
    maps.push(...output.attention.data);
  }
  assert.ok(decoding!.tokens.length > 1);
  assert.deepEqual([...decoding!.attention], maps);
});

/** A decoder without state whose logits depend only on the word before. */
function tableDecoder(table: Record<number, number[]>): RandomDecoder {
  const { encoded } = randomDecoder(1, { hidden: 1, locations: 1 });
  const step: DecoderStep = async ({ token, hidden, cell }) => {
    const rows = [...token].map((word) => table[Number(word)]!);
    return {
      logits: { data: Float32Array.from(rows.flat()), dims: [rows.length, rows[0]!.length] },
      hidden,
      cell,
      attention: { data: new Float32Array(rows.length).fill(1), dims: [rows.length, 1] },
    };
  };
  return { encoded, step, calls: [] };
}

test("ties go to the lower token, then to the lower beam", async () => {
  // Ids: 4 "a", 5 "b"; every choice is even, so a tie follows a tie.
  const even = [0, 0, 0, 0, 0, 0];
  const noEnd = [0, 0, -100, 0, 0, 0];
  const { encoded, step } = tableDecoder({ 1: even, 4: noEnd, 5: noEnd });
  const options = { maxLength: 3, lengthExponent: 1, alternatives: 3 };
  const [greedy] = await decode(encoded, step, TOKENS, { ...options, beam: 1 });
  assert.deepEqual(greedy!.tokens, [4, 4, 4]);
  const [beam] = await decode(encoded, step, TOKENS, { ...options, beam: 3 });
  const captions = [beam!.tokens, ...beam!.alternatives.map(({ tokens }) => tokens)];
  // Word 2 keeps "a a", "b a", "a b" (token before beam); word 3 then "a a a", "b a a", "a b a".
  assert.deepEqual(captions, [
    [4, 4, 4],
    [5, 4, 4],
    [4, 5, 4],
  ]);
});

test("<unk>, <pad> and <start> are not written even where they are the likeliest words", async () => {
  const row = [9, 8, 1, 7, 2, 0];
  const { encoded, step } = tableDecoder({ 1: row, 4: [9, 8, 3, 7, 2, 0], 5: row });
  const [decoding] = await decode(encoded, step, TOKENS, { beam: 2, maxLength: 5, lengthExponent: 0 });
  assert.deepEqual(decoding!.tokens, [4]);
  const sum = (logits: number[]) => Math.log(logits.reduce((total, logit) => total + Math.exp(logit), 0));
  close(decoding!.logProbability, 2 - sum(row) + 3 - sum([9, 8, 3, 7, 2, 0]), "probability is not shared out");
});

test("large logits do not overflow, and logits that are not numbers are an error", async () => {
  const big = tableDecoder({ 1: [0, 0, 0, 0, 3e38, 0], 4: [0, 0, 3e38, 0, 0, 0], 5: [0, 0, 1, 0, 0, 0] });
  const options = { beam: 2, maxLength: 5, lengthExponent: 0.7 };
  assert.deepEqual((await decode(big.encoded, big.step, TOKENS, options))[0]!.tokens, [4]);
  const broken = tableDecoder({ 1: [0, 0, 0, 0, Number.NaN, 0] });
  await assert.rejects(decode(broken.encoded, broken.step, TOKENS, options), { code: "MODEL_INVALID" });
});

test("options out of range and a raised signal stop it", async () => {
  const { encoded, step } = randomDecoder(3);
  const good = { beam: 2, maxLength: 5, lengthExponent: 0.7 };
  const wrong = [{ beam: 0 }, { beam: 1.5 }, { maxLength: 0 }, { lengthExponent: -1 }, { alternatives: -1 }];
  for (const option of wrong) {
    await assert.rejects(decode(encoded, step, TOKENS, { ...good, ...option }), { code: "USAGE" });
  }
  const reason = new Error("enough");
  const aborted = decode(encoded, step, TOKENS, { ...good, signal: AbortSignal.abort(reason) });
  await assert.rejects(aborted, reason);
});
