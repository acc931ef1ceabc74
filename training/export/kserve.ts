import type { Precision } from "../../runtime/core/index.js";
import { ModelFolderWriter } from "./model-folder.js";
import { addTritonModel, captionerForServers } from "./triton.js";

export interface KserveOptions {
  /** The best that the model has by default. */
  precision?: Precision;
  /** Where the cluster will find the folder, such as `gs://bucket/captioner` or `pvc://claim/captioner`. */
  storageUri?: string;
}

/** Stands for the place that only the user knows. */
const SOMEWHERE = "s3://BUCKET/PATH";

/**
 * Writes a model folder's captioner for KServe, which serves ONNX with Triton: the model repository that `exportTriton`
 * writes, and an `inference-service.yaml` beside the model, which Triton passes over, as it looks at folders alone.
 *
 * @param target the folder to be written, which the cluster gets as /mnt/models
 * @returns names of the model, as callers ask for it, and of the service
 * @throws ShowtellError as `exportTriton`
 */
export async function exportKserve(
  folder: string,
  target: string,
  { precision, storageUri = SOMEWHERE }: KserveOptions = {},
): Promise<{ model: string; service: string }> {
  const captioner = await captionerForServers(folder, precision);
  const service = serviceName(captioner.name);
  const writer = await ModelFolderWriter.create(target);
  try {
    await addTritonModel(writer, captioner);
    await writer.add("inference-service.yaml", inferenceService(service, storageUri));
    await writer.place();
    return { model: captioner.name, service };
  } finally {
    await writer.discard();
  }
}

/** A label of Kubernetes has 63 characters; KServe adds "-predictor" and a revision to the service's name. */
const LONGEST_NAME = 40;

/** A name as Kubernetes takes it for a service (RFC 1035): lower-case letters, digits and hyphens, a letter first. */
export function serviceName(name: string): string {
  const label = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const led = /^[a-z]/.test(label) ? label : `model-${label}`;
  return led.replace(/-+/g, "-").slice(0, LONGEST_NAME).replace(/-$/, "");
}

/** The service in YAML. The runtime is named, as clusters may have others that take ONNX too. */
export function inferenceService(name: string, storageUri: string): string {
  return `apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: ${name}
spec:
  predictor:
    model:
      modelFormat:
        name: onnx
        version: "1"
      protocolVersion: v2
      runtime: kserve-tritonserver
      storageUri: ${JSON.stringify(storageUri)}
      resources:
        requests:
          cpu: "1"
          memory: 2Gi
        limits:
          cpu: "2"
          memory: 4Gi
`;
}
