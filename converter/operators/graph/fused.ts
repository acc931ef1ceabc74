import { activationByName } from "../../emit/activation.js";
import { cast } from "../../emit/cast.js";
import { unsqueeze } from "../../emit/shape.js";
import { float } from "../../graph/attributes.js";
import type { Value } from "../../graph/builder.js";
import type { OperatorContext } from "../../read/graph-model/registry.js";

/** What is fused behind a convolution or matrix product. */
export interface Fused {
  bias?: Value;
  activate?: (y: Value, format: string) => Value;
}

/** Activations without further arguments that TensorFlow.js fuses. */
const PLAIN = ["linear", "relu", "elu", "relu6", "sigmoid"];

/**
 * Reads `fused_ops`: first what is added, then the activation. A list that begins with the activation has none for
 * TensorFlow.js.
 */
export function fusedOf(node: OperatorContext): Fused {
  const [extra, activation = "linear"] = node.attributes.strings("fused_ops", []).map((name) => name.toLowerCase());
  if (extra === "fusedbatchnorm") throw node.unsupported("it fuses FusedBatchNorm, as TensorFlow.js cannot either");
  const withBias = extra === "biasadd";
  const count = (withBias ? 1 : 0) + (activation === "prelu" ? 1 : 0);
  const args = node.inputs.slice(2);
  if (args.length < count) throw node.invalid(`it fuses ${extra} and ${activation}, with ${args.length} arguments`);
  if (activation === "linear" && !withBias && extra) {
    node.warn(`its fused ${extra} is left out, as in TensorFlow.js`);
  }
  return {
    bias: withBias ? cast(node.b, args[0]!, "float32") : undefined,
    activate: activationOf(node, activation, args[count - 1]),
  };
}

function activationOf({ b, op, attributes, unsupported }: OperatorContext, name: string, argument?: Value) {
  if (name === "prelu") {
    const slope = cast(b, argument!, "float32");
    return (y: Value, format: string) => {
      const vector = format === "NCHW" && slope.shape.length === 1 && slope.shape[0] !== 1;
      return b.add("PRelu", [y, vector ? unsqueeze(b, slope, [1, 2]) : slope]);
    };
  }
  if (name === "leakyrelu") {
    if (op.includes("Depthwise")) throw unsupported("TensorFlow.js does not read the slope of its LeakyRelu");
    const alpha = float(attributes.float("leakyrelu_alpha", 0.2));
    return (y: Value) => b.add("LeakyRelu", [y], { alpha });
  }
  if (!PLAIN.includes(name)) throw unsupported(`it fuses ${name}, which TensorFlow.js does not know`);
  return (y: Value) => activationByName(name)!(b, y);
}
