import { cast } from "../../emit/cast.js";
import { places, splitsOf, unfolded } from "../../emit/ragged.js";
import { reduce } from "../../emit/reduce.js";
import { extents, joined, slice, unsqueeze } from "../../emit/shape.js";
import type { GraphBuilder, Value } from "../../graph/builder.js";
import { int64 } from "../../graph/tensor.js";
import { type OperatorContext, refuseOperator, registerOperator } from "../../read/graph-model/registry.js";

/** ONNX splits and joins texts from this operator set on. */
const TEXT_OPSET = 20;

export const needsTexts = (node: OperatorContext) => {
  if (node.b.opset < TEXT_OPSET) throw node.unsupported(`ONNX has it from opset ${TEXT_OPSET} on: give --opset 20`);
};

const number = (b: GraphBuilder, value: number) => b.constant(int64([value]), "number");
const text = (b: GraphBuilder, value: string) => b.constant({ dtype: "string", shape: [1], data: [value] }, "text");

refuseOperator("StaticRegexReplace", "ONNX replaces no patterns in texts");
refuseOperator("StringToHashBucketFast", "ONNX has no fingerprints of texts");

registerOperator(
  "StringSplit",
  (node) => {
    needsTexts(node);
    const { b, x } = node;
    const delimiters = node.input(1).constant;
    if (!delimiters) throw node.unsupported("its delimiter is computed at run time");
    const [delimiter = ""] = delimiters.data as string[];
    if (delimiter === "") {
      const bytes =
        "a byte alone is none of ONNX's texts, which are UTF-8, and its StringSplit takes no delimiter for spaces";
      throw node.unsupported(`it takes texts apart into single bytes: ${bytes}`);
    }
    if (!/^[\0-\x7f]$/.test(delimiter)) {
      throw node.unsupported(`it splits at each byte of "${delimiter}", ONNX at one delimiter as a whole`);
    }
    const [parts, counts] = b.addMany("StringSplit", [x], 2, { delimiter }) as [Value, Value];
    const full = b.add("Not", [b.add("Equal", [parts, text(b, "")])]);
    let kept = full;
    if (!node.attributes.bool("skip_empty", true)) {
      const columns = places(b, extents(b, parts, 1));
      const within = b.add("Less", [columns, unsqueeze(b, counts, [1])]);
      // A text that is empty has no parts at all.
      const some = b.add("Not", [b.add("Equal", [x, text(b, "")])]);
      kept = b.add("And", [within, unsqueeze(b, some, [1])]);
    }
    const cells = b.add("Transpose", [b.add("NonZero", [kept])], { perm: [1, 0] });
    const lengths = reduce(b, "ReduceSum", cast(b, kept, "int64"), [1]);
    const { offsets } = unfolded(b, splitsOf(b, lengths));
    const rows = slice(b, cells, [{ axis: 1, start: 0, end: 1 }]);
    const indices = b.add("Concat", [rows, unsqueeze(b, offsets, [1])], { axis: 1 });
    const width = reduce(b, "ReduceMax", joined(b, [number(b, 0), lengths]), [0], true);
    const shape = joined(b, [extents(b, x), width]);
    return [cast(b, indices, "int32"), b.add("GatherND", [parts, cells]), cast(b, shape, "int32")];
  },
  {
    becomes: "StringSplit",
    limits: "opset 20 and later; one constant delimiter of one ASCII character",
    outputs: ["indices", "values", "shape"],
  },
);
