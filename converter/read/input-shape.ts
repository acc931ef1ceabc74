import { ShowtellError } from "../../errors/index.js";
import type { Dim } from "../graph/types.js";

/** How the extents of an input are fixed: a number, a name for one that stays free, null for the model's own. */
export type WantedShape = readonly (number | string | null)[];

/**
 * The shape that an input gets in the graph.
 *
 * @param given the model's own extents, null where they are free
 * @param wanted what the user says
 * @param symbol names an extent that stays free
 * @throws ShowtellError USAGE where the two contradict each other
 */
export function inputShape(
  name: string,
  given: readonly (number | null)[],
  wanted: { shape?: WantedShape; batch?: number },
  symbol: (axis: number) => string,
): Dim[] {
  const shape = wanted.shape ?? given.map(() => null);
  if (shape.length !== given.length) {
    const own = given.map((extent) => extent ?? "?").join(",");
    throw new ShowtellError("USAGE", `Input "${name}" has ${given.length} axes (${own}), ${shape.length} are given.`);
  }
  return given.map((extent, axis) => {
    const want = shape[axis] ?? (axis === 0 && extent === null ? wanted.batch : undefined);
    if (typeof want === "number" && !(Number.isSafeInteger(want) && want > 0)) {
      throw new ShowtellError("USAGE", `Input "${name}": ${want} is no extent; a whole number from 1 on is wanted.`);
    }
    if (extent !== null && want !== undefined && want !== extent) {
      throw new ShowtellError(
        "USAGE",
        `Input "${name}": axis ${axis} is ${extent} in the model, it cannot be ${want}.`,
      );
    }
    return want ?? extent ?? symbol(axis);
  });
}
