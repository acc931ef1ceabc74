import { PIXELS } from "./network.js";
import { openBackbone } from "./open.js";
import { openTrunk, type Trunk } from "./trunk.js";
import type { Backbone, OpenBackboneOptions } from "./types.js";

/** The name of `--fine-tune` for a whole network. */
const ALL = "all";

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
  const lower = await openBackbone(spec, { ...options, layer: stage === ALL ? PIXELS : stage });
  return { whole, lower, trunk: await openTrunk(whole, lower) };
}
