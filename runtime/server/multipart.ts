import type { IncomingHttpHeaders } from "node:http";
import { Busboy } from "@fastify/busboy";
import { RequestError } from "./problem.js";

/** A form's images in order and its other fields. */
export interface Form {
  images: Buffer[];
  fields: Record<string, string>;
}

/** Names under which images are taken. */
const IMAGE_FIELDS = new Set(["image", "images", "images[]", "image[]"]);

/**
 * Reads multipart/form-data.
 * @throws RequestError REQUEST_INVALID, REQUEST_TOO_LARGE
 */
export async function parseForm(
  headers: IncomingHttpHeaders,
  body: Buffer,
  limits: { maxImages: number; maxImageBytes: number },
): Promise<Form> {
  const images: Buffer[] = [];
  const fields: Record<string, string> = Object.create(null);
  await new Promise<void>((resolve, reject) => {
    const invalid = (why: string) => reject(new RequestError("REQUEST_INVALID", `The form cannot be read: ${why}.`));
    let parser: InstanceType<typeof Busboy>;
    try {
      parser = new Busboy({
        headers: { ...headers, "content-type": headers["content-type"] ?? "" },
        isPartAFile: (name, _, filename) => filename !== undefined || (name !== undefined && IMAGE_FIELDS.has(name)),
        limits: {
          files: limits.maxImages,
          fileSize: limits.maxImageBytes,
          fields: 20,
          fieldSize: 1000,
          fieldNameSize: 100,
          parts: limits.maxImages + 20,
          headerPairs: 20,
          headerSize: 8192,
        },
      });
    } catch (error) {
      invalid((error as Error).message);
      return;
    }
    parser.on("file", (name, stream) => {
      const parts: Buffer[] = [];
      stream.on("data", (part: Buffer) => parts.push(part));
      stream.on("error", (error: Error) => invalid(error.message));
      stream.on("limit", () => {
        const limit = `the limit is ${limits.maxImageBytes} bytes`;
        reject(new RequestError("REQUEST_TOO_LARGE", `An image of the form is too large: ${limit}.`));
      });
      stream.on("end", () => {
        if (IMAGE_FIELDS.has(name)) images.push(Buffer.concat(parts));
        else invalid(`there is a file named ${JSON.stringify(name)}; images are named image`);
      });
    });
    parser.on("field", (name, value, nameCut, valueCut) => {
      if (nameCut || valueCut) invalid("a field is too long");
      else if (Object.hasOwn(fields, name)) invalid(`the field ${JSON.stringify(name)} is there twice`);
      else fields[name] = value;
    });
    for (const limit of ["filesLimit", "partsLimit", "fieldsLimit"] as const) {
      parser.on(limit, () => {
        const message = `The form has too many parts: at most ${limits.maxImages} images are taken.`;
        reject(new RequestError("REQUEST_TOO_LARGE", message));
      });
    }
    parser.on("error", (error) => invalid(error instanceof Error ? error.message : String(error)));
    parser.on("finish", () => resolve());
    // A form that breaks off within a part never finishes: then all of it was read and nothing was told.
    parser.end(body, () => setTimeout(() => invalid("it breaks off"), 1000).unref());
  });
  return { images, fields };
}
