import { camel } from "../../read/layers-model/config.js";
import type { LayerContext } from "../../read/layers-model/registry.js";

/** Class and configuration (keys in camel case) of the layer that a wrapper wraps. */
export function wrappedLayer({ config, invalid }: LayerContext): {
  className: string;
  config: Record<string, unknown>;
} {
  const layer = config.raw("layer") as Record<string, unknown> | undefined;
  const className = layer?.class_name ?? layer?.className;
  if (typeof className !== "string") throw invalid("it wraps no layer");
  const own = Object.entries((layer?.config ?? {}) as Record<string, unknown>);
  return { className, config: Object.fromEntries(own.map(([key, value]) => [camel(key), value])) };
}
