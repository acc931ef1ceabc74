import { Dice } from "./dice.js";
import {
  adjectivesAndNoun,
  BACKDROP_PHRASES,
  be,
  isShared,
  PLACE_PHRASES,
  some,
  type Telling,
  the,
} from "./phrases.js";
import type { Group, Scene } from "./things.js";

/** Longest caption, in words. */
export const MAXIMUM_WORDS = 14;

/** Ways to say one thing, best first: the first that is short enough is taken. */
type Ways = string[];

const COLOUR: Telling = { colour: true };
const FULL: Telling = { colour: true, size: true };
/** How many times larger things must be drawn to be called bigger. */
const BIGGER = 1.35;

/** Five captions of a scene: all true and unambiguous, no two the same. Depends on the scene alone. */
export function describe(scene: Scene): string[] {
  const dice = new Dice(scene.seed, "captions");
  const ways = { 1: ofOne, 2: ofTwo, 3: ofThree }[scene.groups.length as 1 | 2 | 3](scene, dice);
  const captions: string[] = [];
  for (const choices of ways) {
    const short = choices.filter((way) => way.split(" ").length <= MAXIMUM_WORDS);
    captions.push(sentence(short.find((way) => !captions.includes(sentence(way))) ?? choices[0]!));
  }
  return captions;
}

function sentence(words: string): string {
  return `${words[0]!.toUpperCase()}${words.slice(1)}.`;
}

function ofOne(scene: Scene, dice: Dice): Ways[] {
  const group = scene.groups[0]!;
  const where = BACKDROP_PHRASES[scene.backdrop];
  const place = PLACE_PHRASES[scene.place!];
  const properties = group.size === "medium" ? group.colour : `${group.colour} and ${group.size}`;
  return [
    [`${some(scene, group, FULL)} ${where}`],
    [`there ${be(group)} ${some(scene, group, COLOUR)} ${place}`],
    [`${the(scene, group)} ${where} ${be(group)} ${properties}`],
    [`nothing but ${some(scene, group, dice.chance(0.5) ? FULL : COLOUR)}`],
    [`a picture of ${some(scene, group, dice.chance(0.5) ? { size: true } : {})} ${place}`],
  ];
}

function ofTwo(scene: Scene, dice: Dice): Ways[] {
  const [first, second] = scene.groups as [Group, Group];
  const where = BACKDROP_PHRASES[scene.backdrop];
  const [one, other] = dice.chance(0.5) ? [first, second] : [second, first];
  const ends = scene.layout === "beside" ? ["on the left", "on the right"] : ["at the top", "at the bottom"];
  const shown = `${some(scene, one, COLOUR)} and ${some(scene, other, COLOUR)}`;
  return [
    related(scene, first, second, FULL, dice),
    related(scene, second, first, dice.chance(0.5) ? COLOUR : { size: true }, dice),
    [`${shown} ${where}`, `${some(scene, one)} and ${some(scene, other)} ${where}`],
    [FULL, COLOUR, {}].map(
      (telling) => `${some(scene, first, telling)} ${ends[0]} and ${some(scene, second)} ${ends[1]}`,
    ),
    remark(scene, one, other, dice),
  ];
}

function ofThree(scene: Scene, dice: Dice): Ways[] {
  const [first, second, third] = scene.groups as [Group, Group, Group];
  const where = BACKDROP_PHRASES[scene.backdrop];
  const tell = (group: Group) => some(scene, group, COLOUR);
  const name = (group: Group) => some(scene, group);
  const [one, other] = dice.pick([
    [first, second],
    [second, third],
    [third, second],
  ] as const);
  const listed = [
    [first, second, third],
    [second, third, first],
    [third, first, second],
  ].map(([a, b, c]) => `${tell(a!)}, ${tell(b!)} and ${tell(c!)}`);
  const named = `${name(first)}, ${name(second)} and ${name(third)}`;
  if (scene.layout === "arch") {
    return [
      [`${tell(first)} above ${tell(second)} and ${tell(third)}`],
      [`${named} ${where}`, named],
      related(scene, third, second, FULL, dice),
      related(scene, dice.chance(0.5) ? second : third, first, COLOUR, dice),
      dice.chance(0.5)
        ? [`there ${be(first)} ${some(scene, first, FULL)} at the top`]
        : remark(scene, one, other, dice),
    ];
  }
  const [near, far] = scene.layout === "row" ? ["on the left", "on the right"] : ["at the top", "at the bottom"];
  return [
    [`${tell(second)} between ${tell(first)} and ${tell(third)}`],
    [`${named} ${where}`, dice.pick(listed), named],
    related(scene, first, second, FULL, dice),
    related(scene, third, dice.chance(0.5) ? second : first, COLOUR, dice),
    dice.pick([
      [`there ${be(second)} ${some(scene, second, FULL)} in the middle`],
      [`${tell(first)} ${near} and ${tell(third)} ${far}`],
      remark(scene, one, other, dice),
    ]),
  ];
}

/** How the first of two groups lies to the second. */
function relationOf(scene: Scene, subject: Group, object: Group, dice: Dice): string {
  const [a, b] = [scene.groups.indexOf(subject), scene.groups.indexOf(object)];
  const across = scene.layout === "beside" || scene.layout === "row" || (scene.layout === "arch" && a > 0 && b > 0);
  if (across) return `${dice.chance(0.5) ? "to the " : ""}${a < b ? "left" : "right"} of`;
  return a < b ? "above" : dice.chance(0.5) ? "below" : "under";
}

function related(scene: Scene, subject: Group, object: Group, telling: Telling, dice: Dice): Ways {
  const relation = relationOf(scene, subject, object, dice);
  const [full, plain] = [(group: Group) => some(scene, group, telling), (group: Group) => some(scene, group)];
  return [
    `${full(subject)} ${relation} ${full(object)}`,
    `${full(subject)} ${relation} ${plain(object)}`,
    `${plain(subject)} ${relation} ${plain(object)}`,
  ];
}

/** A comparison of size or number, or the colours of both. */
function remark(scene: Scene, one: Group, other: Group, dice: Dice): Ways {
  const remarks: Ways[] = [];
  const ratio = sideOf(one) / sideOf(other);
  if (Math.max(ratio, 1 / ratio) >= BIGGER) {
    const comparison = ratio > 1 ? "bigger" : "smaller";
    remarks.push([
      `${the(scene, one, COLOUR)} ${be(one)} ${comparison} than ${the(scene, other, COLOUR)}`,
      `${the(scene, one)} ${be(one)} ${comparison} than ${the(scene, other)}`,
    ]);
  }
  const [more, fewer] = one.items.length > other.items.length ? [one, other] : [other, one];
  if (more.items.length > fewer.items.length && fewer.items.length > 1) {
    remarks.push([`there are more ${adjectivesAndNoun(scene, more)} than ${adjectivesAndNoun(scene, fewer)}`]);
  }
  if (one.colour !== other.colour && !isShared(scene, one) && !isShared(scene, other)) {
    remarks.push([`${the(scene, one)} ${be(one)} ${one.colour} and ${the(scene, other)} ${be(other)} ${other.colour}`]);
  }
  const both = [FULL, COLOUR, {}].map((telling) => `${some(scene, one, telling)} with ${some(scene, other, telling)}`);
  return remarks.length > 0 ? dice.pick(remarks) : both;
}

function sideOf(group: Group): number {
  return group.items.reduce((sum, { side }) => sum + side, 0) / group.items.length;
}
