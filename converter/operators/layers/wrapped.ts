import { camel } from "../../read/layers-model/config.js";
import type { LayerContext } from "../../read/layers-model/registry.js";

/** Class and configuration (keys in camel case) of the layer or cell that a layer wraps. */
export function wrappedLayer(
  { config, invalid }: LayerContext,
  json: unknown = config.raw("layer"),
): { className: string; config: Record<string, unknown> } {
  const layer = (json ?? {}) as Record<string, unknown>;
  const className = layer.class_name ?? layer.className;
  if (typeof className !== "string") throw invalid("it wraps no layer");
  // Old Sequential models are written as the bare list of their layers.
  const own = Array.isArray(layer.config)
    ? { layers: layer.config }
    : ((layer.config ?? {}) as Record<string, unknown>);
  const entries = Object.entries(own).map(([key, value]) => [camel(key), value]);
  return { className, config: Object.fromEntries(entries) };
}
