import { registerOperator } from "../../read/graph-model/registry.js";

/**
 * The nodes by which TensorFlow 1 steers what runs. Loops and conditionals are While and If by now: what is left of them
 * hands on its input, as the branch that it stands in is the one that runs.
 */

registerOperator("LoopCond", ({ x }) => x, { becomes: "the condition of Loop" });
registerOperator("Switch", ({ x }) => [x, x], { becomes: "an input of If or Loop" });
registerOperator(
  ["Merge", "Enter", "Exit", "NextIteration"],
  ({ unsupported }) => {
    throw unsupported("it belongs to no loop or conditional as TensorFlow builds them");
  },
  { becomes: "part of If or Loop" },
);
