import assert from "node:assert/strict";
import { before, test } from "node:test";
import * as tf from "@tensorflow/tfjs";
import { assertGraph, attr, graphArtifacts, ints } from "../../../test/graph-model.js";
import { readGraphModel } from "../../read/graph-model/index.js";

before(async () => {
  await tf.setBackend("cpu");
});

const splitting = (delimiter: string, skip: boolean, length: number) => ({
  inputs: { x: { shape: [length], dtype: "string" as const } },
  constants: { delimiter: tf.scalar(delimiter) },
  nodes: [{ name: "y", op: "StringSplit", input: ["x", "delimiter"], attr: { skip_empty: attr.bool(skip) } }],
  outputs: ["y", "y:1", "y:2"],
});

test("StringSplit", async () => {
  for (const texts of [["a b c", "d", "e f"], ["", " a  b ", "  ", "ü é"], ["none"], ["", ""], [" a"]]) {
    for (const skip of [true, false]) {
      for (const length of [texts.length, -1]) {
        await assertGraph(splitting(" ", skip, length), { x: tf.tensor1d(texts) }, { opset: 20 });
      }
    }
  }
});

test("what ONNX cannot split is refused with the reason", () => {
  const read = (delimiter: string, opset: number) => () =>
    readGraphModel(graphArtifacts(splitting(delimiter, true, 2)), { opset });
  assert.throws(read(" ", 17), { code: "CONVERT_UNSUPPORTED", message: /opset 20/ });
  assert.throws(read("", 20), { code: "CONVERT_UNSUPPORTED", message: /"y" \(StringSplit\).*single bytes.*UTF-8/ });
  for (const delimiter of [".,", "é"]) {
    assert.throws(read(delimiter, 20), { code: "CONVERT_UNSUPPORTED", message: /each byte/ });
  }
});

test("StringNGrams", async () => {
  const data = tf.tensor1d(["a", "bb", "c", "d", "é", "f", "g"]);
  for (const splits of [ints(0, 4, 4, 5, 7), ints(0, 7), ints(0, 0, 1, 7)]) {
    for (const [widths, pad, keep] of [
      [[2], 0, false],
      [[1, 3], 0, false],
      [[3], -1, false],
      [[2, 4], 1, false],
      [[6], 0, true],
      [[5, 7], 1, true],
      [[3], 5, true],
    ] as [number[], number, boolean][]) {
      const graph = {
        inputs: { x: { shape: [-1], dtype: "string" as const } },
        constants: { splits },
        nodes: [
          {
            name: "y",
            op: "StringNGrams",
            input: ["x", "splits"],
            attr: {
              separator: attr.string("|"),
              left_pad: attr.string("LP"),
              right_pad: attr.string("rp"),
              ngram_widths: attr.ints(widths),
              pad_width: attr.int(pad),
              preserve_short_sequences: attr.bool(keep),
            },
          },
        ],
        outputs: ["y", "y:1"],
      };
      await assertGraph(graph, { x: data }, { opset: 20 });
    }
  }
});
