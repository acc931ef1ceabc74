import { cloneGraph } from "../graph/clone.js";
import type { Graph } from "../graph/types.js";
import { optimizeBodies } from "./bodies.js";
import { mergeCommonConstants } from "./common-constants.js";
import { mergeCommonNodes } from "./common-nodes.js";
import { removeDeadCode } from "./dead-code.js";
import { foldAffine } from "./fold-affine.js";
import { foldConstants } from "./fold-constants.js";
import { foldPads } from "./fold-pads.js";
import { fuseClips } from "./fuse-clips.js";
import { removeIdentities } from "./identities.js";
import { mergeReshapes } from "./reshapes.js";
import { settleNames } from "./settle-names.js";
import { cancelTransposes } from "./transposes/index.js";
import { dropUnusedOutputs } from "./unused-outputs.js";
import { dropUnusedVariables } from "./unused-variables.js";

/** Rewrites a graph in place into one that computes the same. */
export type Pass = (graph: Graph) => void;

/** In the order in which they run: what one leaves, the next can use. */
const PASSES: Pass[] = [
  removeDeadCode,
  dropUnusedVariables,
  foldConstants,
  removeIdentities,
  (graph) => optimizeBodies(graph, optimize),
  mergeCommonConstants,
  mergeCommonNodes,
  cancelTransposes,
  foldConstants,
  foldPads,
  foldAffine,
  fuseClips,
  mergeReshapes,
  removeIdentities,
  mergeCommonConstants,
  mergeCommonNodes,
  dropUnusedOutputs,
  settleNames,
];

/** A graph that computes the same with fewer nodes. The given one is left as it is. */
export function optimize(graph: Graph): Graph {
  const result = cloneGraph(graph);
  for (const pass of PASSES) pass(result);
  return result;
}
