import "./arithmetic.js";
import "./graph.js";
