import "./elementwise.js";
import "./linear.js";
import "./random.js";
import "./ml.js";
import "./quantize.js";
import "./rearrange.js";
import "./recurrent.js";
import "./reduce.js";
import "./select.js";
import "./text.js";
import "./spectral.js";
import "./window.js";

export { annotate } from "./annotate.js";
export { type Contents, contentsOf, inferContents } from "./contents.js";
export { type Inference, type InferenceContext, inferTypes, registerInference } from "./registry.js";
