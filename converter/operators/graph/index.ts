import "./activations.js";
import "./arithmetic.js";
import "./complex.js";
import "./graph.js";
import "./math.js";
