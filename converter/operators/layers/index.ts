/** Every layer class that can be converted, one file a family. */
import "./activations.js";
import "./bidirectional.js";
import "./convolution.js";
import "./dense.js";
import "./dot.js";
import "./embedding.js";
import "./identity.js";
import "./masking.js";
import "./merge.js";
import "./normalization.js";
import "./pooling.js";
import "./rearrange.js";
import "./recurrent.js";
import "./rescaling.js";
import "./spatial.js";
import "./time-distributed.js";
