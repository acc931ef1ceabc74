import { efficientNetLite0 } from "./efficientnet-lite0.js";
import { efficientNetLite2 } from "./efficientnet-lite2.js";
import { mobileNetV1 } from "./mobilenet-v1.js";
import type { Network } from "./network.js";
import { vgg16 } from "./vgg16.js";

/** The networks that are known by name: one file and one line here for each. */
export const NETWORKS: readonly Network[] = [efficientNetLite0, efficientNetLite2, vgg16, mobileNetV1];
