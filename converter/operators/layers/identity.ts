import { registerLayer } from "../../read/layers-model/registry.js";

/** Layers that act in training alone. */
for (const className of ["Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout"]) {
  registerLayer(className, ({ x }) => x, { masking: "passes", becomes: "nothing: it acts in training alone" });
}
