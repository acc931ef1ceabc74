export { weightFolders } from "./find-weights.js";
export type { Network } from "./network.js";
export { NORMALIZATIONS } from "./normalize.js";
export { openBackbone } from "./open.js";
export { openTunable, type TunableBackbone } from "./open-tunable.js";
export { NETWORKS } from "./registry.js";
export type { Trunk } from "./trunk.js";
export { tuned } from "./tuned.js";
export type { Backbone, BackboneInput, Normalization, OpenBackboneOptions } from "./types.js";
