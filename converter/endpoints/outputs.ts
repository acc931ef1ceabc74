import { ShowtellError } from "../../errors/index.js";
import { Names } from "../graph/names.js";
import { renamed } from "../graph/rename.js";
import { type Graph, reads, type ValueInfo } from "../graph/types.js";
import { removeDeadCode } from "../passes/dead-code.js";

/**
 * The graph with other outputs, under other names. Where these need states that a run leaves for the next, the states
 * stay outputs behind them.
 * @param wanted name of an output or of a kept tensor -> its name as an output; in this order
 * @throws ShowtellError USAGE where there is no such tensor, or two outputs get one name
 */
export function selectOutputs(graph: Graph, wanted: readonly (readonly [source: string, name: string])[]): Graph {
  const states = Object.entries(JSON.parse(graph.metadata.states ?? "{}") as Record<string, string>);
  let all = [...wanted];
  for (;;) {
    const result = withOutputs(graph, all);
    const kept = states.filter(([input]) => result.inputs.some(({ name }) => name === input));
    const missing = kept.filter(([, output]) => !all.some(([source]) => source === output));
    if (missing.length > 0) {
      all = [...all, ...missing.map(([, output]) => [output, output] as const)];
      continue;
    }
    if (states.length === 0) return result;
    const { states: _, ...metadata } = graph.metadata;
    const names = new Map(all);
    const pairs = kept.map(([input, output]) => [input, names.get(output)!]);
    return {
      ...result,
      metadata: pairs.length > 0 ? { ...metadata, states: JSON.stringify(Object.fromEntries(pairs)) } : metadata,
    };
  }
}

function withOutputs(graph: Graph, wanted: readonly (readonly [source: string, name: string])[]): Graph {
  if (wanted.length === 0) throw new ShowtellError("USAGE", "A graph needs an output: none is chosen.");
  const outputs = wanted.map(([source]) => outputNamed(graph, source));
  const names = new Names();
  for (const { name } of graph.inputs) names.exact(name, "input");
  for (const [, name] of wanted) names.exact(name, "output");
  const others = [...graph.initializers.keys(), ...graph.nodes.flatMap((node) => node.outputs)];
  const moved = new Map(wanted);
  for (const name of new Set(others)) if (!moved.has(name)) moved.set(name, names.unique(name));
  const kept = new Set([...graph.kept].filter((name) => !outputs.some((output) => output.name === name)));
  const result = renamed({ ...graph, outputs, kept }, (old) => moved.get(old) ?? old);
  removeDeadCode(result);
  const read = new Set([...result.nodes.flatMap(reads), ...result.outputs.map(({ name }) => name)]);
  return { ...result, inputs: result.inputs.filter(({ name }) => read.has(name)) };
}

function outputNamed(graph: Graph, name: string): ValueInfo {
  const output = graph.outputs.find((found) => found.name === name);
  if (output) return output;
  const type = graph.types.get(name);
  if (type && graph.kept.has(name) && !graph.inputs.some((input) => input.name === name)) return { name, ...type };
  const known = graph.outputs.map((found) => found.name).join(", ");
  throw new ShowtellError(
    "USAGE",
    `The model has no output "${name}", and nothing inside it of that name; but: ${known}.`,
  );
}
