import "./arithmetic.js";
import "./convolution.js";
import "./dilation.js";
import "./graph.js";
import "./normalization.js";
import "./pooling.js";
import "./transposed-convolution.js";
