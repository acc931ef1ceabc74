import "./arithmetic.js";
import "./convolution.js";
import "./graph.js";
import "./pooling.js";
import "./transposed-convolution.js";
