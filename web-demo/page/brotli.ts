import init, { BrotliDecStream, BrotliStreamResultCode } from "brotli-dec-wasm/web";

/** Most bytes that the decoder gives at a time. */
const PART = 1 << 18;

/** A module for `loadCaptioner`'s option `brotli`: a decoder in WebAssembly, which lies beside it. */
export default async function brotli(): Promise<TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>> {
  const response = await fetch(new URL("brotli.wasm.gz", import.meta.url));
  if (!response.ok || !response.body) throw new Error(`The decoder cannot be loaded: ${response.status}`);
  const unpacked = response.headers.get("content-encoding") === "gzip";
  const body = unpacked ? response.body : response.body.pipeThrough(new DecompressionStream("gzip"));
  await init({ module_or_path: await new Response(body).arrayBuffer() });
  const decoder = new BrotliDecStream();
  return new TransformStream({
    transform(packed, controller) {
      for (let rest: Uint8Array = packed, more = true; more; ) {
        const result = decoder.dec(rest, PART);
        controller.enqueue(result.buf as Uint8Array<ArrayBuffer>);
        rest = rest.subarray(result.input_offset);
        more = result.code === BrotliStreamResultCode.NeedsMoreOutput;
        result.free();
      }
    },
    flush: () => decoder.free(),
  });
}
