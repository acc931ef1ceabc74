import { z } from "zod";

/** Types of tensors, as the Open Inference Protocol names those that the graphs have. */
export const DATATYPES = ["FP32", "FP16", "UINT8", "INT8", "INT32", "INT64", "BOOL"] as const;
const Datatype = z.enum(DATATYPES);
export type Datatype = z.infer<typeof Datatype>;

const Parameters = z.record(z.string().max(100), z.union([z.string(), z.number(), z.boolean()]));
const Extent = z
  .int()
  .nonnegative()
  .max(2 ** 31 - 1);

/** Values row by row, flat or nested as the shape is. */
const TensorData = z.array(z.unknown()).describe("Values row by row, flat or nested as the shape is.");

export const InferRequest = z
  .object({
    id: z.string().max(200).optional(),
    parameters: Parameters.optional(),
    inputs: z
      .array(
        z.object({
          name: z.string().max(100),
          shape: z.array(Extent).max(8),
          datatype: Datatype,
          parameters: Parameters.optional(),
          data: TensorData.optional(),
        }),
      )
      .max(20),
    outputs: z
      .array(z.object({ name: z.string().max(100), parameters: Parameters.optional() }))
      .max(20)
      .optional(),
  })
  .meta({ id: "InferRequest" });
export type InferRequest = z.infer<typeof InferRequest>;

export const InferResponse = z
  .object({
    model_name: z.string(),
    model_version: z.string(),
    id: z.string().optional(),
    outputs: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.int()),
        datatype: Datatype,
        parameters: Parameters.optional(),
        data: TensorData.optional(),
      }),
    ),
  })
  .meta({ id: "InferResponse" });
export type InferResponse = z.infer<typeof InferResponse>;

const TensorMetadata = z.object({
  name: z.string(),
  datatype: Datatype,
  shape: z.array(z.int()).describe("-1 where any extent is taken."),
});

export const ModelMetadata = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(TensorMetadata),
    outputs: z.array(TensorMetadata),
  })
  .meta({ id: "ModelMetadata" });
export type ModelMetadata = z.infer<typeof ModelMetadata>;

export const ServerMetadata = z
  .object({
    name: z.string(),
    version: z.string(),
    extensions: z.array(z.string()),
    models: z.array(z.string()).describe("The graphs that can be run; the protocol itself has no list."),
  })
  .meta({ id: "ServerMetadata" });
export type ServerMetadata = z.infer<typeof ServerMetadata>;
