import "./arithmetic.js";
import "./rearrange.js";

export { evaluatorOf, registerEvaluator } from "./registry.js";
