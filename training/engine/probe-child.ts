import type { EngineName } from "./engine.js";
import { startEngine } from "./start.js";

// A process of its own for one engine: a library that crashes ends only this one, and two versions never meet.
const size = process.argv[2] === "cpu" ? 256 : 1024;
try {
  const { tf, description, threads } = await startEngine(process.argv[2] as EngineName);
  const [a, b] = [tf.randomUniform([size, size]), tf.randomUniform([size, size])] as const;
  const multiply = () => {
    const started = performance.now();
    const product = tf.matMul(a as never, b as never);
    product.dataSync();
    product.dispose();
    return performance.now() - started;
  };
  const milliseconds = Math.min(...Array.from({ length: 4 }, multiply));
  process.stdout.write(JSON.stringify({ description, threads, gigaflops: (2 * size ** 3) / milliseconds / 1e6 }));
} catch (error) {
  process.stderr.write(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
