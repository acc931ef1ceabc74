import * as z from "zod";
import { ShowtellError } from "../../errors/index.js";

/** A plain file name: nothing in a manifest may point outside the model's folder. */
const FileName = z.string().regex(/^(?!\.)[A-Za-z0-9._-]+$/, "must be a plain file name inside the model's folder");
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 lower-case hexadecimal digits");
const Count = z.int().positive().meta({ id: "Count" });
const TokenId = z.int().nonnegative();

const StoredFile = z.object({ file: FileName, bytes: Count, sha256: Sha256 }).meta({ id: "StoredFile" });

const GraphValue = z
  .object({
    name: z.string().min(1),
    dtype: z.enum(["float32", "float16", "uint8", "int8", "int32", "int64", "bool"]),
    /** A number, or the name of a free dimension such as "N". */
    shape: z.array(z.union([Count, z.string().min(1)])),
  })
  .meta({ id: "GraphValue" });

const GraphFile = StoredFile.extend({
  opset: Count,
  inputs: z.array(GraphValue).min(1),
  outputs: z.array(GraphValue).min(1),
  /** Files beside it that hold its weights (ONNX's external data); graphs of one precision share them. */
  externalData: z.array(StoredFile).optional(),
  /** Of fp16: whether its weights are widened and arithmetic is in float32, as it is by default, or both are in float16. */
  compute: z.enum(["fp32", "fp16"]).optional(),
}).meta({ id: "GraphFile" });

const Precision = z.enum(["fp32", "fp16", "int8"]);

const GraphByPrecision = z
  .object({ fp32: GraphFile.optional(), fp16: GraphFile.optional(), int8: GraphFile.optional() })
  .refine((graphs) => Object.values(graphs).some(Boolean), "must have at least one precision")
  .meta({ id: "GraphByPrecision" });

const Preprocessing = z.object({
  width: Count,
  height: Count,
  /** stretch: the whole picture, its aspect ignored; crop: covered, then cut around the centre. */
  resize: z.enum(["stretch", "crop"]),
});

const ParityRow = z.looseObject({
  graph: z.string(),
  precision: Precision,
  output: z.string(),
  shape: z.array(z.int().nonnegative()),
  maxAbsolute: z.number().nonnegative(),
  maxRelative: z.number().nonnegative(),
  /** Of int8: of the angle to the output in float32. */
  cosine: z.number().optional(),
  tolerance: z.number().nonnegative(),
});

const Quantization = z.looseObject({
  /** How ranges were chosen from what was seen: max, percentile:99.99, entropy. */
  method: z.string(),
  /** Images that they were seen on. */
  images: Count,
  /** Nodes whose output keeps a smaller signal-to-noise ratio on bytes stay in float32: in decibels. */
  leastDecibels: z.number(),
  graphs: z.record(
    z.string(),
    z.looseObject({
      /** Nodes that run on bytes. */
      quantized: z.int().nonnegative(),
      /** Of these, the one that loses most. */
      lowest: z.object({ node: z.string(), op: z.string(), decibels: z.number() }).optional(),
      /** Nodes that stay in float32, and why. */
      inFloat: z.array(z.object({ node: z.string(), op: z.string(), reason: z.string() })),
    }),
  ),
});

const Evaluation = z.looseObject({
  dataset: z.string(),
  split: z.string(),
  images: Count,
  precision: Precision,
  beam: Count,
  scores: z.record(z.string(), z.number()),
});

/** The name by which a model.json points to its JSON Schema, which the package holds as models/model.schema.json. */
export const MANIFEST_SCHEMA_ID = "urn:showtell:model:1";

/** The schema of a model folder's model.json. Fields that it does not know are kept. */
export const Manifest = z
  .looseObject({
    $schema: z.string().optional(),
    formatVersion: z.literal(1),
    name: z.string().min(1),
    description: z.string(),
    licence: z.object({ model: z.string(), notices: z.array(z.string()) }),
    backbone: z.looseObject({
      name: z.string(),
      layer: z.string(),
      weightsSha256: Sha256,
      featureShape: z.object({ locations: Count, channels: Count, grid: z.tuple([Count, Count]) }),
    }),
    preprocessing: Preprocessing,
    decoding: z.object({ beam: Count, maxLength: Count, lengthExponent: z.number().nonnegative() }),
    tokenizer: StoredFile,
    tokens: z.object({ pad: TokenId, start: TokenId, end: TokenId, unk: TokenId }),
    graphs: z.object({ encoder: GraphByPrecision, decoder: GraphByPrecision, captioner: GraphByPrecision.optional() }),
    parity: z.array(ParityRow),
    /** Of int8. */
    quantization: Quantization.optional(),
    /** By precision: what was written at export about the pictures that `models verify` makes, with `decoding`. */
    golden: z
      .array(
        z.object({
          precision: Precision,
          captions: z.array(z.object({ tokens: z.array(TokenId), score: z.number() })).length(2),
        }),
      )
      .optional(),
    evaluation: z.array(Evaluation),
    training: z.looseObject({ dataset: z.string() }),
  })
  .refine(({ tokens }) => new Set(Object.values(tokens)).size === 4, {
    path: ["tokens"],
    message: "must be four different ids",
  })
  .refine(({ backbone: { featureShape } }) => featureShape.grid[0] * featureShape.grid[1] === featureShape.locations, {
    path: ["backbone", "featureShape"],
    message: "grid must have as many cells as there are locations",
  });

export type Manifest = z.infer<typeof Manifest>;
export type GraphFile = z.infer<typeof GraphFile>;
export type GraphValue = z.infer<typeof GraphValue>;
export type Precision = z.infer<typeof Precision>;
export type Preprocessing = z.infer<typeof Preprocessing>;
export type StoredFile = z.infer<typeof StoredFile>;
export type GraphRole = keyof Manifest["graphs"];

/**
 * Reads model.json's text.
 * @throws ShowtellError MODEL_INVALID with every field that is wrong
 */
export function parseManifest(json: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw new ShowtellError("MODEL_INVALID", `model.json is not JSON: ${(error as Error).message}.`);
  }
  const version = (value as { formatVersion?: unknown } | null)?.formatVersion;
  if (typeof version === "number" && version !== 1) {
    throw new ShowtellError(
      "MODEL_INVALID",
      `model.json has format version ${version}; this showtell reads version 1.`,
    );
  }
  const parsed = Manifest.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ShowtellError("MODEL_INVALID", `model.json does not fit its schema:\n${z.prettifyError(parsed.error)}`);
}

/** The JSON Schema (draft 2020-12) of model.json, as published. */
export function manifestJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(Manifest, { io: "input" });
  return { $schema, $id: MANIFEST_SCHEMA_ID, title: "model.json of a showtell model folder", ...schema };
}
