import * as ort from "onnxruntime-web/wasm";
import { onnxCaptioner } from "./worker/graphs.js";
import { openSession } from "./worker/open-session.js";
import { serve } from "./worker/serve.js";

/** The worker that runs a model in WebAssembly. */
serve(async ({ encoder, decoder, runtime }, threads) => {
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = threads;
  if (runtime) ort.env.wasm.wasmBinary = runtime;
  const options = { executionProviders: ["wasm"] };
  const first = await openSession(ort, encoder, options);
  const second = await openSession(ort, decoder, options);
  return { encode: onnxCaptioner(ort, first, second) };
});
