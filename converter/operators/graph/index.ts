import "./arithmetic.js";
import "./conditional.js";
import "./decision-forest.js";
import "./frames.js";
import "./graph.js";
import "./loop.js";
import "./tensor-array.js";
import "./tensor-list.js";
