import type { Backdrop, Group, Kind, Place, Scene } from "./things.js";

const NUMBERS = ["no", "one", "two", "three", "four"];

const PLURALS: Partial<Record<Kind, string>> = { fish: "fish" };

export const BACKDROP_PHRASES: Record<Backdrop, string> = {
  sky: "in the sky",
  night: "at night",
  meadow: "in a meadow",
  sea: "by the sea",
  snow: "in the snow",
  desert: "in the desert",
  sunset: "at sunset",
  white: "on a white background",
  "pale blue": "on a pale blue background",
  "pale pink": "on a pale pink background",
  "pale yellow": "on a pale yellow background",
  "pale green": "on a pale green background",
};

export const PLACE_PHRASES: Record<Place, string> = {
  middle: "in the middle",
  left: "on the left",
  right: "on the right",
  top: "at the top",
  bottom: "at the bottom",
  "top left": "in the top left corner",
  "top right": "in the top right corner",
  "bottom left": "in the bottom left corner",
  "bottom right": "in the bottom right corner",
};

/** What a noun phrase tells of its group besides kind and count. */
export interface Telling {
  colour?: boolean;
  size?: boolean;
}

/** Whether another group of the scene has the kind too, so that the kind alone would not say which is meant. */
export function isShared(scene: Scene, group: Group): boolean {
  return scene.groups.some((other) => other !== group && other.kind === group.kind);
}

/** "star", "tiny red stars": adjectives and noun. The colour is always told where the kind alone is ambiguous. */
export function adjectivesAndNoun(scene: Scene, group: Group, { colour, size }: Telling = {}): string {
  const noun = group.items.length === 1 ? group.kind : (PLURALS[group.kind] ?? `${group.kind}s`);
  return [
    ...(size && group.size !== "medium" ? [group.size] : []),
    ...(colour || isShared(scene, group) ? [group.colour] : []),
    noun,
  ].join(" ");
}

/** "a star", "an orange star", "two tiny red stars". */
export function some(scene: Scene, group: Group, telling?: Telling): string {
  const rest = adjectivesAndNoun(scene, group, telling);
  if (group.items.length > 1) return `${NUMBERS[group.items.length]} ${rest}`;
  return `${/^[aeio]/.test(rest) ? "an" : "a"} ${rest}`;
}

/** "the star", "the two tiny stars". */
export function the(scene: Scene, group: Group, telling?: Telling): string {
  const count = group.items.length;
  return `the ${count > 1 ? `${NUMBERS[count]} ` : ""}${adjectivesAndNoun(scene, group, telling)}`;
}

/** The verb of a group: "is" or "are". */
export function be(group: Group): string {
  return group.items.length === 1 ? "is" : "are";
}
