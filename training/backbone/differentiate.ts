import * as tf from "@tensorflow/tfjs";

/** Gives a layer's parameter, named as in the layer's own weights (`kernel`, `bias`, …). */
type Parameter = (name: string) => tf.Tensor;

/** A layer's formula with its parameters as tensors, so that gradients reach them. [N, h, w, C] -> [N, h', w', C'] */
interface Differentiable {
  /** Its parameters, in the order in which the layer holds them. */
  parameters(config: ConvolutionConfig): string[];
  apply(x: tf.Tensor4D, parameter: Parameter, config: ConvolutionConfig): tf.Tensor;
  /** What an engine needs for the gradients. */
  gradientKernels: string[];
}

interface ConvolutionConfig {
  strides: number | [number, number];
  padding: "same" | "valid";
  dilationRate: number | [number, number];
  useBias: boolean;
  activation: string;
  dataFormat?: string;
}

const withBias = (x: tf.Tensor, parameter: Parameter, { useBias }: ConvolutionConfig) =>
  useBias ? x.add(parameter("bias")) : x;

/** By class name: layers that are trained with a backbone. All others keep their weights: so batch norm stays frozen. */
const DIFFERENTIABLE: Record<string, Differentiable> = {
  Conv2D: {
    parameters: ({ useBias }) => (useBias ? ["kernel", "bias"] : ["kernel"]),
    gradientKernels: ["Conv2DBackpropInput", "Conv2DBackpropFilter"],
    apply(x, parameter, config) {
      const { strides, padding, dilationRate } = config;
      const kernel = parameter("kernel") as tf.Tensor4D;
      return withBias(tf.conv2d(x, kernel, strides, padding, "NHWC", dilationRate), parameter, config);
    },
  },
  DepthwiseConv2D: {
    parameters: ({ useBias }) => (useBias ? ["depthwise_kernel", "bias"] : ["depthwise_kernel"]),
    gradientKernels: ["DepthwiseConv2dNativeBackpropInput", "DepthwiseConv2dNativeBackpropFilter"],
    apply(x, parameter, config) {
      const { strides, padding, dilationRate } = config;
      const kernel = parameter("depthwise_kernel") as tf.Tensor4D;
      return withBias(tf.depthwiseConv2d(x, kernel, strides, padding, "NHWC", dilationRate), parameter, config);
    },
  },
};

const configOf = (layer: tf.layers.Layer) => layer.getConfig() as unknown as ConvolutionConfig;

/** Names of a layer's trainable parameters, `layer/weight`, with their tensors; none for a layer that stays frozen. */
export function trainableParameters(layer: tf.layers.Layer): { name: string; value: tf.Tensor }[] {
  const formula = DIFFERENTIABLE[layer.getClassName()];
  if (!formula || !layer.trainable || configOf(layer).dataFormat === "channelsFirst") return [];
  const values = layer.getWeights();
  return formula.parameters(configOf(layer)).map((name, i) => ({ name: `${layer.name}/${name}`, value: values[i] }));
}

/** What the engine in use lacks for the gradients of some layers. */
export function missingGradientKernels(layers: tf.layers.Layer[]): string[] {
  const needed = new Set(layers.flatMap((layer) => DIFFERENTIABLE[layer.getClassName()]?.gradientKernels ?? []));
  return [...needed].filter((kernel) => !tf.getKernel(kernel, tf.getBackend()));
}

/** What the layer of a name gives on the way to `output`; a layer may have been applied elsewhere too. */
export function outputOnTheWay(name: string, output: tf.SymbolicTensor): tf.SymbolicTensor | undefined {
  const met = new Set([output]);
  for (const tensor of met) {
    if (tensor.sourceLayer.name === name) return tensor;
    for (const before of tensor.sourceLayer.inboundNodes[tensor.nodeIndex].inputTensors) met.add(before);
  }
  return undefined;
}

/** The layers that lead from `input` to `output`, each before those that need it. */
export function layersBetween(input: tf.SymbolicTensor, output: tf.SymbolicTensor): tf.layers.Layer[] {
  const layers = new Set<tf.layers.Layer>();
  const visit = (tensor: tf.SymbolicTensor): void => {
    if (tensor.id === input.id || layers.has(tensor.sourceLayer)) return;
    for (const before of tensor.sourceLayer.inboundNodes[tensor.nodeIndex].inputTensors) visit(before);
    layers.add(tensor.sourceLayer);
  };
  visit(output);
  return [...layers];
}

/**
 * Computes `output` from a value for `input`, with the parameters that are given in place of the layers' own.
 *
 * @param x [N, …] in the place of `input`
 */
export function evaluate(
  output: tf.SymbolicTensor,
  input: tf.SymbolicTensor,
  x: tf.Tensor,
  parameters: Record<string, tf.Tensor>,
): tf.Tensor {
  const done = new Map<number, tf.Tensor>([[input.id, x]]);
  const visit = (tensor: tf.SymbolicTensor): tf.Tensor => {
    const known = done.get(tensor.id);
    if (known) return known;
    const layer = tensor.sourceLayer;
    const inputs = layer.inboundNodes[tensor.nodeIndex].inputTensors.map(visit);
    const value = applyLayer(layer, inputs, parameters);
    done.set(tensor.id, value);
    return value;
  };
  return visit(output);
}

function applyLayer(layer: tf.layers.Layer, inputs: tf.Tensor[], parameters: Record<string, tf.Tensor>): tf.Tensor {
  const formula = DIFFERENTIABLE[layer.getClassName()];
  if (!formula || !trainableParameters(layer).every(({ name }) => name in parameters)) {
    return layer.apply(inputs.length === 1 ? inputs[0] : inputs) as tf.Tensor;
  }
  const config = configOf(layer);
  const value = formula.apply(inputs[0] as tf.Tensor4D, (name) => parameters[`${layer.name}/${name}`], config);
  if (config.activation === "linear") return value;
  return tf.layers.activation({ activation: config.activation as "relu" }).apply(value) as tf.Tensor;
}
