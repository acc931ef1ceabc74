import { buildLayersModel, openLayersFiles } from "./layers-model.js";
import { type Network, PIXELS } from "./network.js";

/** MobileNetV1, width 0.75: A. Howard et al., arXiv:1704.04861, as Google published it in tfjs's own format. */
export const mobileNetV1: Network = {
  name: "mobilenet-v1",
  input: { width: 224, height: 224, resize: "stretch" },
  normalization: "-1..1",
  layers: {
    [PIXELS]: { grid: [224, 224], channels: 3 },
    conv_pw_11_relu: { grid: [14, 14], channels: 384 },
    conv_pw_13_relu: { grid: [7, 7], channels: 768 },
  },
  defaultLayer: "conv_pw_13_relu",
  notices: ["MobileNetV1 0.75 ImageNet weights (Google, tfjs-models), Apache-2.0. A. Howard et al., arXiv:1704.04861."],
  files: ["mobilenet_v1_0.75_224/model.json"],
  obtain:
    "Google publishes it as the TensorFlow.js layers-model mobilenet_v1_0.75_224: model.json and its weight shards.",
  recognises: (names) => names.includes("conv_pw_13_relu") && names.includes("conv_dw_13"),
  async open(path) {
    const files = await openLayersFiles(path);
    return { sha256: files.sha256, build: (layer) => buildLayersModel(files, layer, "-1..1") };
  },
};
