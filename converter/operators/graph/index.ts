import "./activations.js";
import "./arithmetic.js";
import "./complex.js";
import "./cumulative.js";
import "./graph.js";
import "./logical.js";
import "./math.js";
import "./reduction.js";
