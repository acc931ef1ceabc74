import assert from "node:assert/strict";
import { test } from "node:test";
import sharp, { type Region } from "sharp";
import { enlarge, overlay } from "../core/attention-overlay.js";
import { HEAT_COLOURS } from "../core/colour-map.js";
import { attentionPicture } from "./attention-picture.js";
import type { Caption } from "./caption-types.js";
import { textSvg } from "./text-svg.js";

const STRETCH = { width: 8, height: 8, resize: "stretch" } as const;

function captionOf(words: string[], maps: number[][], grid: [number, number]): Caption {
  const caption = words.join(" ");
  const attention = Float32Array.from(maps.flat());
  return {
    caption,
    sentence: `${caption}.`,
    words,
    tokens: [],
    score: 0,
    logProbability: 0,
    attention,
    grid,
    alternatives: [],
  };
}

const greyPhoto = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#909090" } })
    .png()
    .toBuffer();

/** Statistics by channel of a part of a picture (sharp's own stats() look at the whole). */
async function statsOf(picture: Uint8Array, part: Region) {
  const { channels } = await sharp(await sharp(picture).extract(part).png().toBuffer()).stats();
  return channels;
}

test("an enlarged map keeps a constant, has no overshoot, and its peak lies over its cell", () => {
  const even = enlarge(new Float32Array(12).fill(0.25), [3, 4], 30, 50);
  assert.ok(even.every((value) => Math.abs(value - 0.25) < 1e-6));
  const map = new Float32Array(49);
  map[2 * 7 + 5] = 1;
  const peaked = enlarge(map, [7, 7], 70, 140);
  assert.ok(peaked.every((value) => value >= 0 && value <= 1));
  const at = peaked.indexOf(peaked.reduce((a, b) => Math.max(a, b)));
  assert.ok(Math.abs(Math.floor(at / 140) - 24.5) <= 1 && Math.abs((at % 140) - 109.5) <= 1);
  const corner = enlarge(Float32Array.of(1, 0, 0, 0), [2, 2], 20, 20);
  assert.equal(corner.indexOf(corner.reduce((a, b) => Math.max(a, b))), 0);
});

test("the overlay is brighter where more is attended, over black and over white", () => {
  const heat = Float32Array.from({ length: 11 }, (_, i) => i / 10);
  for (const grey of [0, 128, 255]) {
    const row = overlay(new Uint8Array(33).fill(grey), heat);
    const luminance = Array.from(heat, (_, i) => 0.21 * row[i * 3]! + 0.72 * row[i * 3 + 1]! + 0.07 * row[i * 3 + 2]!);
    for (let i = 1; i < luminance.length; i++) assert.ok(luminance[i]! > luminance[i - 1]!, `${grey}: ${luminance}`);
  }
});

test("the colours' lightness rises evenly from first to last", () => {
  const light = Array.from({ length: 256 }, (_, i) => {
    const [r, g, b] = [0, 1, 2].map((c) => (HEAT_COLOURS[i * 3 + c]! / 255) ** 2.2);
    return Math.cbrt(0.2126 * r! + 0.7152 * g! + 0.0722 * b!);
  });
  for (let i = 16; i < 256; i++) assert.ok(light[i]! > light[i - 16]!);
});

test("each word has a tile, bright where it looks, in the photograph's own aspect", async () => {
  const left = Array.from({ length: 16 }, (_, i) => (i === 4 || i === 8 ? 0.5 : 0));
  const right = left.toReversed();
  const picture = await attentionPicture(
    await greyPhoto(300, 100),
    captionOf(["one", "two"], [left, right], [4, 4]),
    STRETCH,
  );
  const { data, info } = await sharp(picture).raw().toBuffer({ resolveWithObject: true });
  assert.equal(info.format, "raw");
  const [width, height] = [Math.round(Math.sqrt(256 * 192 * 3)), Math.round(Math.sqrt((256 * 192) / 3))];
  const columns = Math.round((info.width - 40 + 14) / (width + 14));
  const green = (tile: number, x: number, y: number): number => {
    const px = 20 + (tile % columns) * (width + 14) + Math.round(x * width);
    const py = 68 + Math.floor(tile / columns) * (height + 40) + Math.round(y * height);
    return data[(py * info.width + px) * info.channels + 1]!;
  };
  assert.equal(green(0, 0.5, 0.5), 0x90);
  assert.ok(green(1, 0.1, 0.5) > green(1, 0.9, 0.5) + 40);
  assert.ok(green(2, 0.9, 0.5) > green(2, 0.1, 0.5) + 40);
});

test("an even map stays dim: no word may seem to look where it does not", async () => {
  const peaked = Array.from({ length: 16 }, (_, i) => (i === 5 ? 1 : 0));
  const even = Array.from({ length: 16 }, () => 1 / 16);
  const brightest = async (map: number[]) => {
    const picture = await attentionPicture(await greyPhoto(100, 100), captionOf(["x"], [map], [4, 4]), STRETCH);
    const tile = { left: 20 + 222 + 14, top: 68, width: 222, height: 222 };
    return (await statsOf(picture, tile))[1]!.max;
  };
  assert.ok((await brightest(peaked)) > (await brightest(even)) + 50);
});

test("a crop shows what the model saw: the centre", async () => {
  const photo = await sharp({ create: { width: 300, height: 100, channels: 3, background: "#ff0000" } })
    .composite([
      { input: { create: { width: 100, height: 100, channels: 3, background: "#00ff00" } }, left: 100, top: 0 },
    ])
    .png()
    .toBuffer();
  const picture = await attentionPicture(photo, captionOf(["x"], [[1]], [1, 1]), { ...STRETCH, resize: "crop" });
  const channels = await statsOf(picture, { left: 24, top: 72, width: 214, height: 214 });
  assert.ok(channels[0]!.mean < 5 && channels[1]!.mean > 250);
});

test("words are drawn without any font, words in other scripts in the system's, with XML's signs made harmless", async () => {
  const place = { x: 0, y: 20, xHeight: 10, maxWidth: 200, anchor: "start", colour: "#000" } as const;
  const own = textSvg("A dog's 2 t-shirts, (really).", place);
  assert.ok(!own.includes("<text") && own.includes("<path"));
  assert.match(textSvg("собака", place), /<text .*>собака<\/text>/);
  assert.match(textSvg("<b> & \u0000é", place), />&lt;b&gt; &amp; é<\/text>/);
  const picture = await attentionPicture(
    await greyPhoto(9, 9),
    captionOf(["<", "&", "é"], [[1], [1], [1]], [1, 1]),
    STRETCH,
  );
  assert.equal((await sharp(picture).metadata()).format, "png");
});

test("a long word shrinks to its tile", () => {
  const wide = textSvg("pneumonoultramicroscopic", {
    x: 0,
    y: 0,
    xHeight: 10,
    maxWidth: 50,
    anchor: "middle",
    colour: "#000",
  });
  const scale = Number(/scale\(([\d.]+)\)/.exec(wide)![1]);
  assert.ok(scale < 0.3);
});
