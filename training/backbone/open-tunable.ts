import { openBackbone } from "./open.js";
import { openTrunk, type Trunk } from "./trunk.js";
import type { Backbone, OpenBackboneOptions } from "./types.js";

/** The name of `--fine-tune` for a whole network, and the layer at which networks of the registry can be cut for it. */
const ALL = "all";
const FIRST_LAYER = "pixels";

/** A backbone whose upper part is to be trained. */
export interface TunableBackbone {
  /** Up to the features, as it came. */
  whole: Backbone;
  /** Up to where the trunk begins: frozen, so that its values are computed once. */
  lower: Backbone;
  trunk: Trunk;
}

/**
 * @param stage the layer above which it is trained, or `all`
 * @throws ShowtellError as openBackbone and openTrunk
 */
export async function openTunable(spec: string, options: OpenBackboneOptions, stage: string): Promise<TunableBackbone> {
  const whole = await openBackbone(spec, options);
  const lower = await openBackbone(spec, { ...options, layer: stage === ALL ? FIRST_LAYER : stage });
  return { whole, lower, trunk: await openTrunk(whole, lower) };
}
