import { join } from "node:path";
import type { CaptionedImage, Dataset, DatasetReport, Split } from "../types.js";
import { scenesCacheFolder } from "./cache.js";
import { describe } from "./captions.js";
import { type RenderOptions, renderScenes } from "./render.js";
import { drawScenes } from "./scene.js";
import type { Scene } from "./things.js";

/** Raised whenever a picture or a caption changes: pictures in a cache are not looked into. */
const VERSION = "v2";
const SEED = 1;
/** Pictures of each part. */
export const PARTS: Readonly<Record<Split, number>> = { train: 1500, val: 200, test: 200 };

export interface CaptionedScene {
  /** File name of its picture, "train-0000.jpg". */
  id: string;
  split: Split;
  scene: Scene;
  captions: string[];
}

/** Descriptions and captions of all scenes, the same on any machine; nothing is rendered. */
export function listScenes(): CaptionedScene[] {
  const splits = Object.entries(PARTS) as [Split, number][];
  const scenes = drawScenes(SEED, PARTS.train + PARTS.val + PARTS.test).values();
  return splits.flatMap(([split, count]) =>
    Array.from({ length: count }, (_, i) => {
      const scene = scenes.next().value!;
      return { id: `${split}-${String(i).padStart(4, "0")}.jpg`, split, scene, captions: describe(scene) };
    }),
  );
}

export interface ScenesOptions extends RenderOptions {
  /** Folder of the pictures; by default `scenes/v2` in showtell's cache. */
  cacheDir?: string | undefined;
}
/**
 * The embedded data set: pictures of things on backdrops, drawn from code, five captions each. Pictures are rendered
 * on first use and kept.
 * @throws ShowtellError DISK_FULL
 */
export async function openScenes({
  cacheDir = scenesCacheFolder(VERSION),
  ...options
}: ScenesOptions = {}): Promise<Dataset> {
  const listed = listScenes();
  await renderScenes(new Map(listed.map(({ id, scene }) => [id, scene])), cacheDir, options);
  const images: CaptionedImage[] = listed.map(({ id, split, captions }) => {
    return { id, file: join(cacheDir, id), captions, split };
  });
  return { name: "scenes", format: "scenes", images, report: reportOf(listed) };
}

function reportOf(listed: CaptionedScene[]): DatasetReport {
  const none = () => ({ count: 0, first: [] });
  return {
    format: "scenes",
    source: "scenes",
    images: listed.length,
    captions: listed.reduce((sum, { captions }) => sum + captions.length, 0),
    splits: { ...PARTS },
    splitsFrom: "file",
    missing: none(),
    uncaptioned: none(),
    broken: none(),
    notes: [],
  };
}
