import "./arithmetic.js";
import "./graph.js";
import "./indexing.js";
import "./join.js";
import "./pad.js";
import "./reshape.js";
import "./slice.js";
import "./space.js";
