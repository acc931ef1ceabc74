import "./elementwise.js";
import "./linear.js";
import "./rearrange.js";
import "./recurrent.js";
import "./reduce.js";
import "./window.js";

export { type Inference, type InferenceContext, inferTypes, registerInference } from "./registry.js";
