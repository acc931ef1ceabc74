import type { DecodingOptions, SpecialTokens } from "../../../runtime/core/index.js";
import { decode } from "../../../runtime/core/index.js";
import { onnxCaptioner, onnxDecoderStep, onnxEncoder, openSession } from "../../../runtime/node/graphs.js";
import type { Arithmetic, ExportPrecision, GraphParity } from "../graphs.js";

/** Beam widths that both ways are compared at; 1 is greedy. */
const BEAMS = [1, 2, 3, 4, 5];

/**
 * The same decoder on the same rows: scores and attention differ by the digits of the arithmetic alone. onnxruntime leaves
 * out other Casts to float16 in a Loop than at a graph's inputs.
 */
const TOLERANCE = { fp32: 1e-4, fp16: 1e-2 };

/**
 * Captions the same images in one graph and step by step with `decode`, and compares what both write. Of `tokens`, the
 * difference is the number of captions that are not the same; none may differ.
 *
 * @param files ONNX files
 * @param images [N, height, width, 3]
 */
export async function captionerParity(
  files: Record<"encoder" | "decoder" | "captioner", string>,
  images: { data: Uint8Array; dims: number[] },
  precision: ExportPrecision,
  { tokens, decoding, compute = "fp32" }: { tokens: SpecialTokens; decoding: DecodingOptions; compute?: Arithmetic },
): Promise<GraphParity[]> {
  const sessions = [
    await openSession(files.encoder),
    await openSession(files.decoder),
    await openSession(files.captioner),
  ] as const;
  try {
    const [encode, step] = [onnxEncoder(sessions[0]), onnxDecoderStep(sessions[1])];
    const captioner = onnxCaptioner(sessions[2], tokens);
    const encoded = await encode(images);
    const furthest = { tokens: 0, scores: 0, attention: 0 };
    let peak = 0;
    let longest = 0;
    for (const beam of BEAMS) {
      const expected = await decode(encoded, step, tokens, { ...decoding, beam });
      const found = await captioner(images, { ...decoding, beam });
      for (const [i, { tokens, score, attention }] of expected.entries()) {
        const other = found[i]!;
        longest = Math.max(longest, tokens.length);
        peak = Math.max(peak, Math.abs(score));
        furthest.scores = Math.max(furthest.scores, Math.abs(score - other.score));
        if (tokens.join() !== other.tokens.join()) furthest.tokens++;
        else furthest.attention = Math.max(furthest.attention, ...distances(attention, other.attention));
      }
    }
    const [count] = images.dims as [number];
    const locations = encoded.features.dims[1]!;
    const row = (output: keyof typeof furthest, dtype: string, shape: number[], tolerance: number, most: number) => ({
      graph: "captioner",
      precision,
      output,
      dtype,
      shape,
      maxAbsolute: furthest[output],
      maxRelative: furthest[output] / most,
      tolerance,
      ok: furthest[output] <= tolerance,
    });
    return [
      row("tokens", "int64", [count, longest], 0, count * BEAMS.length),
      row("scores", "float32", [count], TOLERANCE[compute], peak || 1),
      row("attention", "float32", [count, longest, locations], TOLERANCE[compute], 1),
    ];
  } finally {
    for (const session of sessions) await session.release();
  }
}

const distances = (a: Float32Array, b: Float32Array) => a.map((value, i) => Math.abs(value - (b[i] ?? Number.NaN)));
