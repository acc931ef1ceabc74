import { GraphBuilder, type Value } from "../../../converter/graph/builder.js";
import { inline } from "../../../converter/graph/inline.js";
import { int64, scalar } from "../../../converter/graph/tensor.js";
import type { Graph } from "../../../converter/index.js";
import { BACKBONE_FEATURES } from "../graphs.js";

/** A captioner that is to write together with others: the same words, from feature maps of the same grid. */
export interface Member {
  backbone: Graph;
  /** Members of the same backbone share it. */
  backboneSha256: string;
  /** The encoder's part after the backbone. */
  head: Graph;
  decoder: Graph;
}

/** Stands for a probability of nothing, whose logarithm no float32 has. */
const HARDLY_ANY = 1e-30;

/**
 * Several captioners as one: encoder and decoder with the inputs and outputs of a single captioner, so that every search and
 * every runtime takes them. Features, states and projections of the members lie side by side, each word's probability is
 * the mean of theirs (its logarithm is the logit), and so is the attention.
 */
export function joinMembers(members: readonly Member[]): { encoder: Graph; decoder: Graph } {
  return { encoder: joinEncoders(members), decoder: joinDecoders(members.map(({ decoder }) => decoder)) };
}

function joinEncoders(members: readonly Member[]): Graph {
  const [{ backbone: first }] = members as [Member];
  const b = new GraphBuilder(first.opset);
  const [pixels] = first.inputs as [Graph["inputs"][number]];
  const image = b.input(pixels.name, pixels.dtype, pixels.shape);
  const features = new Map<string, Value>();
  const parts = members.map(({ backbone, backboneSha256, head }, i) => {
    let value = features.get(backboneSha256);
    if (!value) {
      const feeds = { [backbone.inputs[0]!.name]: image };
      value = inline(b, backbone, feeds, `backbone_${features.size + 1}`)[backbone.outputs[0]!.name]!;
      features.set(backboneSha256, value);
    }
    return inline(b, head, { [head.inputs[0]!.name]: value }, `member_${i + 1}`);
  });
  const outputs = ["features", "projected", "hidden", "cell"].map((name) => ({
    name,
    value: sideBySide(b, parts, name),
  }));
  const shared = features.size === 1 ? [...features.values()] : [];
  const kept = shared.map((value) => ({ name: BACKBONE_FEATURES, value }));
  return b.finish("encoder", outputs, { metadata: {}, doc: `Encoders of ${members.length} captioners.`, kept });
}

function joinDecoders(decoders: readonly Graph[]): Graph {
  const [first] = decoders as [Graph];
  const b = new GraphBuilder(first.opset);
  const [token] = first.inputs.filter(({ name }) => name === "token") as [Graph["inputs"][number]];
  const feeds = decoders.map((): Record<string, Value> => ({}));
  const words = b.input(token.name, token.dtype, token.shape);
  for (const feed of feeds) feed.token = words;
  for (const { name, dtype, shape } of first.inputs.filter(({ name }) => name !== "token")) {
    const sizes = decoders.map((decoder) => lastExtent(decoder, name));
    const whole = b.input(name, dtype, [...shape.slice(0, -1), sizes.reduce((sum, size) => sum + size, 0)]);
    const split = [whole, b.constant(int64(sizes), `${name}_sizes`)];
    const parts = b.addMany("Split", split, sizes.length, { axis: shape.length - 1 });
    for (const [i, part] of parts.entries()) feeds[i]![name] = part;
  }
  const parts = decoders.map((decoder, i) => inline(b, decoder, feeds[i]!, `member_${i + 1}`));
  const outputs = [
    { name: "logits", value: b.within("ensemble", () => logMean(b, parts)) },
    { name: "next_hidden", value: sideBySide(b, parts, "next_hidden") },
    { name: "next_cell", value: sideBySide(b, parts, "next_cell") },
    {
      name: "attention",
      value: b.within("ensemble", () =>
        mean(
          b,
          parts.map(({ attention }) => attention!),
        ),
      ),
    },
  ];
  return b.finish("decoder", outputs, { metadata: {}, doc: `Decoders of ${decoders.length} captioners.` });
}

/** Logarithm of the members' mean probabilities: [N, V] */
function logMean(b: GraphBuilder, parts: Record<string, Value>[]): Value {
  const probabilities = parts.map(({ logits }) => b.add("Softmax", [logits], { axis: -1 }));
  return b.add("Log", [b.add("Add", [mean(b, probabilities), b.constant(scalar(HARDLY_ANY), "hardly_any")])]);
}

function mean(b: GraphBuilder, values: Value[]): Value {
  return b.add("Mul", [b.add("Sum", values), b.constant(scalar(1 / values.length), "share")]);
}

function sideBySide(b: GraphBuilder, parts: Record<string, Value>[], name: string): Value {
  const values = parts.map((part) => part[name]!);
  return b.within("ensemble", () => b.add("Concat", values, { axis: values[0]!.shape.length - 1 }));
}

function lastExtent({ inputs }: Graph, name: string): number {
  return inputs.find((input) => input.name === name)!.shape.at(-1) as number;
}
