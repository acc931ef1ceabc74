import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { describe, MAXIMUM_WORDS } from "./captions.js";
import { drawScene } from "./scene.js";
import { COLOURS, type Group, KINDS, type Scene } from "./things.js";

// This reads captions with its own grammar, written from English and not from the code that makes them, and holds
// every statement against the geometry of the scene.
const plural = (kind: string) => (kind === "fish" ? "fish" : `${kind}s`);
const COUNTS = ["", "one", "two", "three", "four"];
const NOUNS = [...KINDS.map(plural), ...KINDS].sort((a, b) => b.length - a.length).join("|");
const NOUN_PHRASE = new RegExp(
  `\\b(?:(a|an|the two|the three|the four|the|two|three|four|more|than) )?(?:(tiny|big) )?(?:(${COLOURS.join("|")}) )?(${NOUNS})\\b`,
  "g",
);
const BACKDROP =
  /\b(in the sky|at night|in a meadow|by the sea|in the snow|in the desert|at sunset|on a (?:white|pale \w+) background)\b/;
const PLACE =
  "((?:in the|on the|at the) (?:(?:top|bottom) )?(?:left|right|top|bottom|middle|corner|left corner|right corner))";

const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const centre = (group: Group, axis: "x" | "y") => mean(group.items.map((item) => item[axis]));
const low = (group: Group, axis: "x" | "y") => Math.min(...group.items.map((item) => item[axis] - item.side / 2));
const high = (group: Group, axis: "x" | "y") => Math.max(...group.items.map((item) => item[axis] + item.side / 2));

/** The first lies before the second on the axis, all of it, and further so than on the other axis. */
function precedes(first: Group, second: Group, axis: "x" | "y"): boolean {
  const apart = (of: "x" | "y") => centre(second, of) - centre(first, of);
  return high(first, axis) <= low(second, axis) && apart(axis) > Math.abs(apart(axis === "x" ? "y" : "x"));
}

function isAt(group: Group, place: string, scene: Scene): boolean {
  const others = scene.groups.filter((other) => other !== group);
  const [x, y] = [centre(group, "x"), centre(group, "y")];
  if (place.includes("middle")) {
    return Math.abs(x - 112) < 28 && Math.abs(y - 112) < 28;
  }
  const near = (value: number) => value < 85;
  const far = (value: number) => value > 139;
  const sides = {
    left: near(x) && others.every((other) => low(group, "x") < low(other, "x")),
    right: far(x) && others.every((other) => high(group, "x") > high(other, "x")),
    top: near(y) && others.every((other) => low(group, "y") < low(other, "y")),
    bottom: far(y) && others.every((other) => high(group, "y") > high(other, "y")),
  };
  return Object.entries(sides).every(([side, there]) => !place.includes(side) || there);
}

/** The one group that a noun phrase can mean, after checking all that the phrase tells of it. */
function meant(scene: Scene, phrase: RegExpMatchArray): Group {
  const [text, determiner = "", size, colour, noun] = phrase;
  const candidates = scene.groups.filter(
    ({ kind, colour: own }) => (noun === kind || noun === plural(kind)) && (!colour || own === colour),
  );
  assert.equal(candidates.length, 1, `"${text}" means one group`);
  const [group] = candidates as [Group];
  const count = group.items.length;
  assert.equal(noun, count > 1 ? plural(group.kind) : group.kind, `number of the noun in "${text}"`);
  if (size) assert.equal(group.size, size, `size in "${text}"`);
  const said = COUNTS.indexOf(determiner.replace("the ", ""));
  if (said > 0) assert.equal(count, said, `count in "${text}"`);
  else if (["a", "an", "the"].includes(determiner)) assert.equal(count, 1, `count in "${text}"`);
  else assert.ok(count > 1 && ["more", "than"].includes(determiner), `article in "${text}"`);
  if (determiner === "a" || determiner === "an") {
    assert.equal(determiner, /^an? [aeiou]/.test(text) ? "an" : "a", `article in "${text}"`);
  }
  return group;
}

type Check = (groups: Group[], words: string[], scene: Scene) => boolean;
const colourIs = (group: Group, colour?: string) => group.colour === colour;
const larger = (first: Group, second: Group) =>
  Math.min(...first.items.map(({ side }) => side)) > 1.25 * Math.max(...second.items.map(({ side }) => side));

/** Every form a caption may have: # is a noun phrase, ~ the backdrop. What is captured goes to the check. */
const FORMS: [form: string, check: Check][] = [
  ["# ~", ([a], _, scene) => scene.groups.length === 1 && !!a],
  [`there (is|are) # ${PLACE}`, ([a], [, place], scene) => isAt(a!, place!, scene)],
  [
    "# ~ (?:is|are) (\\w+)(?: and (\\w+))?",
    ([a], [colour, size], scene) => scene.groups.length === 1 && colourIs(a!, colour) && (size ?? a!.size) === a!.size,
  ],
  ["nothing but #", (_, __, scene) => scene.groups.length === 1],
  [`a picture of # ${PLACE}`, ([a], [place], scene) => scene.groups.length === 1 && isAt(a!, place!, scene)],
  ["# (?:to the )?left of #", ([a, b]) => precedes(a!, b!, "x")],
  ["# (?:to the )?right of #", ([a, b]) => precedes(b!, a!, "x")],
  ["# above #", ([a, b]) => precedes(a!, b!, "y")],
  ["# (?:below|under) #", ([a, b]) => precedes(b!, a!, "y")],
  ["# and # ~", (_, __, scene) => scene.groups.length === 2],
  ["# with #", (_, __, scene) => scene.groups.length >= 2],
  [
    `# ${PLACE} and # ${PLACE}`,
    ([a, b], [first, second], scene) => isAt(a!, first!, scene) && isAt(b!, second!, scene),
  ],
  ["# (?:is|are) bigger than #", ([a, b]) => larger(a!, b!)],
  ["# (?:is|are) smaller than #", ([a, b]) => larger(b!, a!)],
  ["there are # #", ([a, b]) => a!.items.length > b!.items.length],
  ["# (?:is|are) (\\w+) and # (?:is|are) (\\w+)", ([a, b], [one, two]) => colourIs(a!, one) && colourIs(b!, two)],
  ["#, # and #(?: ~)?", (_, __, scene) => scene.groups.length === 3],
  [
    "# between # and #",
    ([a, b, c]) => (["x", "y"] as const).some((axis) => precedes(b!, a!, axis) && precedes(a!, c!, axis)),
  ],
  ["# above # and #", ([a, b, c]) => precedes(a!, b!, "y") && precedes(a!, c!, "y")],
];

/** Fails unless the caption is of a known form and all of it is true of the scene. */
function verify(scene: Scene, caption: string): void {
  assert.match(caption, /^[A-Z][a-z, ]+\.$/);
  let text = `${caption[0]!.toLowerCase()}${caption.slice(1, -1)}`;
  const where = text.match(BACKDROP)?.[0];
  if (where) assert.ok(where.includes(scene.backdrop), `the backdrop is ${scene.backdrop}`);
  text = text.replace(BACKDROP, "~");
  const phrases = [...text.matchAll(NOUN_PHRASE)];
  const groups = phrases.map((phrase) => meant(scene, phrase));
  assert.equal(new Set(groups).size, groups.length, "no group is told of twice");
  text = text.replaceAll(NOUN_PHRASE, "#");
  for (const match of text.matchAll(/# (?:~ )?(is|are)|(is|are) #/g)) {
    const group = groups[text.slice(0, match.index).split("#").length - 1]!;
    assert.equal(match[0].includes("is"), group.items.length === 1, `"${match[0]}" agrees in number`);
  }
  for (const [form, check] of FORMS) {
    const match = text.match(new RegExp(`^${form}$`));
    if (!match) continue;
    assert.ok(check(groups, match.slice(1), scene), `"${form}" holds`);
    return;
  }
  assert.fail(`"${text}" is of no known form`);
}

test("every statement of every caption is true of its scene, and unambiguous", () => {
  const used = new Set<string>();
  fc.assert(
    fc.property(fc.integer(), fc.nat(100_000), (seed, index) => {
      const scene = drawScene(seed, index);
      const captions = describe(scene);
      assert.equal(captions.length, 5);
      assert.equal(new Set(captions).size, 5, captions.join(" "));
      for (const caption of captions) {
        const words = caption.replace(/[.,]/g, "").toLowerCase().split(" ");
        assert.ok(words.length >= 5 && words.length <= MAXIMUM_WORDS, caption);
        for (const word of words) used.add(word);
        try {
          verify(scene, caption);
        } catch (error) {
          throw new Error(`${caption} ${(error as Error).message}\n${JSON.stringify(scene)}`);
        }
      }
    }),
    { numRuns: 2000 },
  );
  assert.ok(used.size >= 60 && used.size <= 90, `${used.size} words`);
});

test("the check of captions sees what is false", () => {
  const scene = drawScene(1, 0);
  const group = scene.groups[0]!;
  for (const caption of describe(scene)) {
    const colour = COLOURS[(COLOURS.indexOf(group.colour) + 3) % COLOURS.length]!;
    assert.throws(() =>
      verify({ ...scene, groups: scene.groups.map((g) => ({ ...g, items: [...g.items, ...g.items] })) }, caption),
    );
    if (caption.includes(group.colour)) {
      assert.throws(() => verify({ ...scene, groups: scene.groups.map((g) => ({ ...g, colour })) }, caption));
    }
    const turned = scene.groups.map((g) => ({
      ...g,
      items: g.items.map((i) => ({ ...i, x: 224 - i.x, y: 224 - i.y })),
    }));
    if (/left|right|top|bottom|above|below|under/.test(caption)) {
      assert.throws(() => verify({ ...scene, groups: turned }, caption));
    }
  }
});
