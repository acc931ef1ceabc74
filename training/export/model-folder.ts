import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { constantPlaces, type Graph, sharingOnnx, writeOnnx } from "../../converter/index.js";
import { ShowtellError } from "../../errors/index.js";
import { explainWriteError } from "../../files/atomic.js";
import { sha256 } from "../../files/hash.js";
import type { GraphFile, Manifest, StoredFile } from "../../runtime/core/index.js";
import { modelCard } from "./model-card.js";

/** A model folder in the making: written beside its place, renamed when it is whole. */
export class ModelFolderWriter {
  private constructor(
    private readonly target: string,
    private readonly beside: string,
  ) {}

  /** @throws ShowtellError FILE_EXISTS */
  static async create(path: string): Promise<ModelFolderWriter> {
    const target = resolve(path);
    if (existsSync(target)) throw new ShowtellError("FILE_EXISTS", `${path} exists already.`);
    const beside = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString("hex")}.tmp`);
    await mkdir(beside, { recursive: true });
    return new ModelFolderWriter(target, beside);
  }

  async add(file: string, content: string | Uint8Array): Promise<StoredFile> {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    try {
      await mkdir(dirname(join(this.beside, file)), { recursive: true });
      await writeFile(join(this.beside, file), bytes, { flush: true });
    } catch (error) {
      throw explainWriteError(error, join(this.target, file));
    }
    return { file, bytes: bytes.length, sha256: sha256(bytes) };
  }

  /** @param shared graphs of the folder whose stored weights the graph reads where it has the same, with their files */
  async addGraph(file: string, graph: Graph, shared: { graph: Graph; stored: StoredFile }[] = []): Promise<GraphFile> {
    const places = new Map(shared.flatMap(({ graph, stored }) => [...constantPlaces(graph, stored.file)]));
    const added = await this.add(file, shared.length > 0 ? sharingOnnx(graph, places) : writeOnnx(graph));
    const values = (list: Graph["inputs"]) =>
      list.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })) as GraphFile["inputs"];
    return {
      ...added,
      opset: graph.opset,
      inputs: values(graph.inputs),
      outputs: values(graph.outputs),
      ...(shared.length > 0 && {
        externalData: shared.map(({ stored: { file, bytes, sha256 } }) => ({ file, bytes, sha256 })),
      }),
    };
  }

  /** Where a file lies until the folder is finished. */
  pathOf({ file }: StoredFile): string {
    return join(this.beside, file);
  }

  /** Adds manifest and model card and puts the folder in its place. */
  async finish(manifest: Manifest): Promise<void> {
    await this.add("model.json", `${JSON.stringify(manifest, null, 2)}\n`);
    await this.add("README.md", modelCard(manifest));
    await this.place();
  }

  /** Puts the folder in its place. */
  async place(): Promise<void> {
    await rename(this.beside, this.target);
  }

  async discard(): Promise<void> {
    await rm(this.beside, { recursive: true, force: true });
  }
}
