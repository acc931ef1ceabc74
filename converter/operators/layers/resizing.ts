import { resizeImages } from "../../emit/resize.js";
import type { Value } from "../../graph/builder.js";
import { type LayerContext, registerLayer } from "../../read/layers-model/registry.js";

const IMAGES = "inputs of four axes alone";

/** Images [N, rows, columns, C] -> [N, height, width, C] */
registerLayer(
  "Resizing",
  (layer) => {
    const { b, config } = layer;
    const size: [number, number] = [config.count("height"), config.count("width")];
    return resizeImages(b, images(layer), size, interpolation(layer), !config.boolean("cropToAspectRatio", false));
  },
  {
    becomes: "Resize; Gather for nearest neighbours of images of fixed size",
    limits: `${IMAGES}; cropToAspectRatio crops nothing, as in TensorFlow.js, but moves the corners`,
  },
);

/** Draws a width for each call, in use as well as in training. */
registerLayer(
  "RandomWidth",
  (layer) => {
    const { b, config, unsupported } = layer;
    const x = images(layer);
    const factor = config.raw("factor");
    const [lower, upper] = Array.isArray(factor) ? config.numbers("factor", 2) : [0, 1];
    if (lower !== upper) throw unsupported("it draws a random width in use too, as TensorFlow.js has it");
    const [rows, columns] = x.shape.slice(1) as [number, number];
    if (typeof rows !== "number" || typeof columns !== "number") throw unsupported("its images have no fixed size");
    const width = Math.round(Math.fround(1 + lower!) * columns);
    if (!(width >= 1 && width < 2 ** 24)) throw layer.invalid(`its factor gives images ${width} wide`);
    return resizeImages(b, x, [rows, width], interpolation(layer), false);
  },
  {
    becomes: "Resize, where factor is a pair of equal numbers",
    limits: `refused where the width is random: TensorFlow.js draws it in use as well as in training; ${IMAGES}`,
  },
);

function images({ x, unsupported }: LayerContext): Value {
  if (x.shape.length !== 4) throw unsupported(`its input has ${x.shape.length} axes, and images have 4`);
  return x;
}

function interpolation({ config, unsupported }: LayerContext): "bilinear" | "nearest" {
  const method = config.word("interpolation", "bilinear");
  if (method !== "bilinear" && method !== "nearest") throw unsupported(`interpolation ${method}`);
  return method;
}
