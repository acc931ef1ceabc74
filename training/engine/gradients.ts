import * as tf from "@tensorflow/tfjs";

/** Sum and mean spread their gradient over what was reduced; tfjs multiplies by a tensor of ones made value by value. */
function spread(kernelName: "Sum" | "Mean"): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ["x"],
    gradFunc: (dy, saved, attributes) => {
      const [x] = saved;
      const axes = tf.util.parseAxisParam(attributes.axis as number[], x.shape);
      const kept = x.shape.map((length, at) => (axes.includes(at) ? 1 : length));
      return {
        x: () => {
          const reduced = (dy as tf.Tensor).reshape(kept);
          const share = kernelName === "Mean" ? reduced.div(x.size / Math.max(reduced.size, 1)) : reduced;
          return tf.broadcastTo(share, x.shape);
        },
      };
    },
  };
}

/** Replaces gradients of tfjs that cost more than they need; they hold on every engine. */
export function registerGradients(): void {
  for (const name of ["Sum", "Mean"] as const) {
    tf.unregisterGradient(name);
    tf.registerGradient(spread(name));
  }
}
