import { List } from "../../emit/list.js";
import { firstOf } from "../../emit/scalar.js";
import { reshape } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { sizeOf } from "../../graph/tensor.js";
import type { DType } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { concatenated, gathered, lengthOf, scattered } from "./list-operations.js";

/**
 * TensorArrays. What an array holds runs along its flow: the handle stands for the array's element shape alone. Its length
 * in TensorFlow.js is that of what was written, whatever size it was made with.
 */

interface ArrayHandle extends Value {
  /** -1 for open extents; undefined where the rank is open. */
  element: number[] | undefined;
}

function arrayAt(node: OperatorContext): ArrayHandle {
  const handle = node.x;
  if (!("element" in handle)) throw node.unsupported("its first input is no TensorArray");
  return handle as ArrayHandle;
}

const flowAt = (node: OperatorContext, index: number): List => {
  const flow = node.input(index);
  if (!(flow instanceof List)) throw node.unsupported("its flow does not come from a TensorArray");
  return flow;
};

const isFixed = (element: number[]) => element.every((extent) => extent >= 0);

/** The elements as one tensor. */
function stackOf(node: OperatorContext, index: number): Value {
  const list = flowAt(node, index);
  if (list.element) return list.stack();
  const { element } = arrayAt(node);
  if (!element || !isFixed(element)) {
    throw node.unsupported("the array is empty here, and the shape of its elements is not known");
  }
  return List.empty(node.b, list.dtype, element).stack();
}

const checked = (node: OperatorContext, flow: List, value: Value): Value => {
  if (value.dtype !== flow.dtype) throw node.invalid(`it writes ${value.dtype} into an array of ${flow.dtype}`);
  return value;
};

const array = (dtype: DType, element: number[] | undefined): ArrayHandle => ({
  name: "array",
  dtype,
  shape: [],
  handle: "a TensorArray",
  element,
});

registerOperator(
  "TensorArrayV3",
  (node) => {
    const dtype = node.attributes.dtype("dtype", "float32");
    return [array(dtype, node.attributes.shape("element_shape")), List.empty(node.b, dtype)];
  },
  { becomes: "nothing", outputs: ["handle", "flow"] },
);
registerOperator(
  "TensorArrayWriteV3",
  (node) => {
    const flow = flowAt(node, 3);
    return flow.write(node.b, node.name, checked(node, flow, node.input(2)), firstOf(node.b, node.input(1)));
  },
  { becomes: "a scan output of Loop, or Slice and Concat", limits: "elements of one shape" },
);
registerOperator(
  "TensorArrayReadV3",
  (node) => node.b.add("Gather", [stackOf(node, 2), firstOf(node.b, node.input(1))], { axis: 0 }),
  { becomes: "Gather" },
);
registerOperator("TensorArrayGatherV3", (node) => gathered(node.b, stackOf(node, 2), node.input(1)), {
  becomes: "Gather, or the array's tensor",
});
registerOperator(
  "TensorArrayScatterV3",
  (node) => {
    const flow = flowAt(node, 3);
    return scattered(node.b, flow, node.input(1), checked(node, flow, node.input(2)));
  },
  { becomes: "its input, Gather or ScatterND" },
);
registerOperator(
  "TensorArrayConcatV3",
  (node) => {
    const stack = stackOf(node, 1);
    return concatenated(node, List.of(stack));
  },
  { becomes: "Reshape", limits: "elements of one shape" },
);
registerOperator(
  "TensorArraySplitV3",
  (node) => {
    const flow = flowAt(node, 3);
    const lengths = node.numbers(2, "lengths");
    if (flow.size !== 0) throw node.unsupported("the array has elements already");
    if (lengths.some((length) => length !== lengths[0])) {
      throw node.unsupported("its parts differ in length, and a list's elements have one shape");
    }
    const value = checked(node, flow, node.input(1));
    return List.of(reshape(node.b, value, [lengths.length, ...partOf(node, value, lengths[0] ?? 0)]));
  },
  { becomes: "Reshape", limits: "lengths known and equal" },
);
registerOperator("TensorArraySizeV3", (node) => lengthOf(node.b, flowAt(node, 1)), { becomes: "Shape" });
registerOperator("TensorArrayCloseV3", ({ x }) => x, { becomes: "nothing" });

/** TensorFlow.js gives the parts the shape that the array was made for. */
function partOf(node: OperatorContext, value: Value, length: number): number[] {
  const { element } = arrayAt(node);
  if (!element) throw node.unsupported("the array was made without the shape of its elements");
  if (isFixed(element)) return element;
  const rest = value.shape.slice(1);
  const open = element.filter((extent) => extent < 0).length;
  if (open > 1) throw node.unsupported("more than one extent of the array's elements is open");
  if (!rest.every((dim) => typeof dim === "number")) return element;
  const size = (length * sizeOf(rest)) / sizeOf(element.filter((extent) => extent >= 0));
  return element.map((extent) => (extent < 0 ? size : extent));
}
