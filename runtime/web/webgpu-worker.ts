import * as ort from "onnxruntime-web/webgpu";
import { GpuRows } from "./worker/gpu-rows.js";
import { onnxCaptioner } from "./worker/graphs.js";
import { openSession } from "./worker/open-session.js";
import { serve } from "./worker/serve.js";

/** The worker that runs a model by WebGPU. Features stay on the device between encoder and decoder. */
serve(async ({ encoder, decoder, runtime }, threads) => {
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = threads;
  if (runtime) ort.env.wasm.wasmBinary = runtime;
  const executionProviders = ["webgpu"];
  const onDevice = { features: "gpu-buffer", projected: "gpu-buffer" } as const;
  const onHost = { hidden: "cpu", cell: "cpu" } as const;
  const first = await openSession(ort, encoder, {
    executionProviders,
    preferredOutputLocation: { ...onDevice, ...onHost },
  });
  const second = await openSession(ort, decoder, { executionProviders });
  const device = (await ort.env.webgpu.device) as unknown as GPUDevice;
  const { vendor, architecture, description, device: name } = device.adapterInfo;
  return {
    encode: onnxCaptioner(ort, first, second, new GpuRows(ort, device)),
    adapter: description || [vendor, architecture, name].filter(Boolean).join(" ") || "unnamed adapter",
    lost: device.lost.then(({ message, reason }) => message || reason),
  };
});
