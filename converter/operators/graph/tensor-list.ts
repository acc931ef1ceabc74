import { cast } from "../../emit/cast.js";
import { List } from "../../emit/list.js";
import { firstOf } from "../../emit/scalar.js";
import { slice } from "../../emit/shape.js";
import type { Value } from "../../graph/builder.js";
import { scalar } from "../../graph/tensor.js";
import type { Dim } from "../../graph/types.js";
import { type OperatorContext, registerOperator } from "../../read/graph-model/registry.js";
import { concatenated, gathered, lengthOf, resized, scattered } from "./list-operations.js";

/**
 * TensorLists. TensorFlow.js changes a list in place and knows no elements that were never written: its length is that of
 * what was, whatever was reserved.
 */

const listAt = (node: OperatorContext, index: number): List => {
  const list = node.input(index);
  if (!(list instanceof List)) throw node.unsupported(`its input ${index} is no list of tensors`);
  return list;
};

/** An element's shape as an input gives it; undefined where an extent, or even the rank, is open. */
function shapeAt(node: OperatorContext, index: number): Dim[] | undefined {
  const shape = node.inputs[index];
  const contents = shape?.shape.length === 1 ? node.contents(index) : undefined;
  return contents?.every((dim) => typeof dim === "string" || dim >= 0) ? contents : undefined;
}

/** The list, with elements of a shape that is known. */
function shaped(node: OperatorContext, list: List, element: Dim[] | undefined): List {
  if (list.element) return list;
  if (!element) throw node.unsupported("the list is empty here, and the shape of its elements is not known");
  return List.empty(node.b, list.dtype, element);
}

function emptyList(node: OperatorContext): List {
  const element = shapeAt(node, 0);
  const fixed = element?.every((dim) => typeof dim === "number");
  return List.empty(node.b, node.attributes.dtype("element_dtype", "float32"), fixed ? element : undefined);
}

const item = (node: OperatorContext, list: List, index: number): Value => {
  const value = node.input(index);
  if (value.dtype !== list.dtype) throw node.invalid(`it writes ${value.dtype} into a list of ${list.dtype}`);
  return value;
};

registerOperator(["TensorListReserve", "EmptyTensorList"], emptyList, {
  becomes: "nothing, or a tensor of no rows",
});
registerOperator("TensorListFromTensor", ({ x }) => List.of(x), { becomes: "its input" });
registerOperator(
  "TensorListSetItem",
  (node) => {
    const list = listAt(node, 0);
    return list.write(node.b, node.name, item(node, list, 2), firstOf(node.b, node.input(1)));
  },
  { becomes: "a scan output of Loop, or Slice and Concat", limits: "elements of one shape" },
);
registerOperator(
  "TensorListPushBack",
  (node) => {
    const list = listAt(node, 0);
    return list.write(node.b, node.name, item(node, list, 1));
  },
  { becomes: "a scan output of Loop, or Concat", limits: "elements of one shape" },
);
registerOperator(
  "TensorListPopBack",
  (node) => {
    const { b } = node;
    const stack = shaped(node, listAt(node, 0), shapeAt(node, 1)).stack();
    const last = b.add("Gather", [stack, b.constant(scalar(-1, "int64"), "last")], { axis: 0 });
    // TensorFlow.js gives the element first, and shortens the list in place.
    return [last, List.of(slice(b, stack, [{ axis: 0, start: 0, end: -1 }]))];
  },
  { becomes: "Gather and Slice", outputs: ["tensor", "output_handle"] },
);
registerOperator(
  "TensorListGetItem",
  (node) => {
    const stack = shaped(node, listAt(node, 0), shapeAt(node, 2)).stack();
    return node.b.add("Gather", [stack, firstOf(node.b, node.input(1))], { axis: 0 });
  },
  { becomes: "Gather" },
);
registerOperator("TensorListStack", (node) => shaped(node, listAt(node, 0), shapeAt(node, 1)).stack(), {
  becomes: "the list's tensor",
});
registerOperator(
  "TensorListGather",
  (node) => gathered(node.b, shaped(node, listAt(node, 0), shapeAt(node, 2)).stack(), node.input(1)),
  { becomes: "Gather, or the list's tensor" },
);
registerOperator(
  ["TensorListScatter", "TensorListScatterV2"],
  (node) => scattered(node.b, List.empty(node.b, node.x.dtype), node.input(1), node.x),
  { becomes: "its input, Gather or ScatterND", limits: "indices that are computed at run time must differ" },
);
registerOperator(
  ["TensorListConcat", "TensorListConcatV2"],
  (node) => concatenated(node, shaped(node, listAt(node, 0), undefined)),
  { becomes: "Reshape", limits: "elements of one shape" },
);
registerOperator(
  "TensorListSplit",
  (node) => {
    const { constant } = node.input(2);
    // TensorFlow.js leaves the first axis out of the parts' shapes, which holds for parts of one row alone.
    if (constant && node.numbers(2, "lengths").some((length) => length !== 1)) {
      throw node.unsupported("TensorFlow.js splits into parts of one row alone");
    }
    return List.of(node.x);
  },
  { becomes: "its input", limits: "parts of one row, as in TensorFlow.js" },
);
registerOperator("TensorListLength", (node) => lengthOf(node.b, listAt(node, 0)), { becomes: "Shape" });
registerOperator(
  "TensorListResize",
  (node) => {
    const list = shaped(node, listAt(node, 0), undefined);
    return resized(node.b, list, cast(node.b, firstOf(node.b, node.input(1)), "int64"));
  },
  { becomes: "Slice and Concat" },
);
