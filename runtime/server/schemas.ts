import { z } from "zod";

/** A whole number, also as the text that a query or a form has it in. */
const count = (least: number, most: number) =>
  z.preprocess(
    (value) => (typeof value === "string" && /^\d{1,6}$/.test(value) ? Number(value) : value),
    z.int().min(least).max(most),
  );

/** What a request may ask for, in the query or in the body. */
export const CaptionRequestOptions = z
  .strictObject({
    beam: count(1, 10).optional().describe("Beam width; 1 is greedy. The model's own without it."),
    alternatives: count(0, 10).optional().describe("How many further captions to give."),
    max_length: count(1, 50).optional().describe("Most words of a caption. The model's own without it."),
    attention: z
      .enum(["none", "numbers", "png"])
      .optional()
      .describe("Where the model looked for each word: as numbers, or drawn as a PNG in base64."),
    model: z.string().max(200).optional().describe("NAME or NAME@VERSION; the first model without it."),
  })
  .meta({ id: "CaptionRequestOptions" });
export type CaptionRequestOptions = z.infer<typeof CaptionRequestOptions>;

const ImageText = z.string().describe("An image in base64, or as a data: URL.");

/** A body in JSON: one image, several, or addresses. */
export const CaptionRequest = CaptionRequestOptions.extend({
  image: ImageText.optional(),
  images: z.array(ImageText).min(1).optional(),
  url: z.string().max(2000).optional().describe("Address of an image; only where the server allows its host."),
})
  .refine(({ image, images, url }) => [image, images, url].filter((value) => value !== undefined).length === 1, {
    message: "give exactly one of image, images and url",
  })
  .meta({ id: "CaptionRequest" });
export type CaptionRequest = z.infer<typeof CaptionRequest>;

export const Problem = z
  .object({
    type: z.string().describe("urn:showtell:error:CODE"),
    title: z.string(),
    status: z.int(),
    code: z.string().describe("Stable: what programs should look at."),
    detail: z.string(),
    advice: z.string().optional(),
    request_id: z.string(),
    retry_after: z.number().optional().describe("Seconds, as in Retry-After."),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: "Problem", description: "What went wrong, as RFC 9457 has it." });
export type Problem = z.infer<typeof Problem>;

const Attention = z
  .object({
    grid: z.array(z.int()).length(2).describe("Rows and columns of each map."),
    maps: z.array(z.array(z.number())).optional().describe("A map a word, row by row."),
    png: z.string().optional().describe("The picture as PNG, in base64."),
  })
  .meta({ id: "Attention" });

export const ImageCaption = z
  .object({
    caption: z.string().describe("Plain words, lower case."),
    sentence: z.string().describe("The same as people write it."),
    score: z.number().describe("Log-probability over (words + 1)^length exponent."),
    tokens: z.array(z.int()).describe("Ids of the words in the model's tokenizer."),
    alternatives: z.array(z.object({ caption: z.string(), score: z.number() })),
    attention: Attention.optional(),
  })
  .meta({ id: "ImageCaption" });
export type ImageCaption = z.infer<typeof ImageCaption>;

export const ServedModel = z
  .object({
    name: z.string(),
    version: z.string().describe("The first digits of the sha256 of its model.json."),
    precision: z.string(),
    provider: z.string().describe("Where it runs: cpu, cuda or webgpu."),
  })
  .meta({ id: "ServedModel" });
export type ServedModel = z.infer<typeof ServedModel>;

const milliseconds = z.number().nonnegative();

export const Timings = z
  .object({ queue_ms: milliseconds, decode_ms: milliseconds, inference_ms: milliseconds, total_ms: milliseconds })
  .meta({
    id: "Timings",
    description: "Of several images the longest of each; what others waited for is counted too.",
  });
export type Timings = z.infer<typeof Timings>;

export const CaptionAnswer = ImageCaption.extend({ model: ServedModel, timings: Timings }).meta({
  id: "CaptionAnswer",
});
export type CaptionAnswer = z.infer<typeof CaptionAnswer>;

export const CaptionsAnswer = z
  .object({
    captions: z.array(z.union([ImageCaption, z.object({ error: Problem })])).describe("In the order of the images."),
    model: ServedModel,
    timings: Timings,
  })
  .meta({ id: "CaptionsAnswer", description: "The answer to several images: one that cannot be read stops no other." });
export type CaptionsAnswer = z.infer<typeof CaptionsAnswer>;

export const ModelsAnswer = z.object({ models: z.array(ServedModel) }).meta({ id: "ModelsAnswer" });
export type ModelsAnswer = z.infer<typeof ModelsAnswer>;
