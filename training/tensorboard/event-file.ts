import { appendFile, mkdir, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { explainWriteError } from "../../files/atomic.js";
import type { LogEntry } from "../learn/log.js";
import { type Event, encodeEvent } from "./event.js";
import { logEvent } from "./log-events.js";
import { record } from "./record.js";

/** TensorBoard reads files with "tfevents" in their name, in the order of their names. */
const NAME = /^events\.out\.tfevents\.\d+\.showtell$/;

/** The time in a file's name, in seconds since 1970. */
const timeOf = (name: string) => Number(name.split(".")[3]);

/**
 * The run's TensorBoard event file: nothing but the log once more, for TensorBoard to read while the run goes on.
 *
 * Whenever a run starts or goes on, the file is made anew from the log as it stands, under a later name: so it holds no
 * step that the log has lost by a kill. A TensorBoard that looks on moves to the later file, whose session start at step 0
 * makes it forget what it had. The file before is emptied and stays until the next time: TensorBoard's reader in Python
 * does not get past a file that is gone.
 */
export class EventFile {
  private constructor(readonly path: string) {}

  /**
   * @param entries the log so far
   * @throws ShowtellError DISK_FULL
   */
  static async create(folder: string, entries: readonly LogEntry[]): Promise<EventFile> {
    await mkdir(folder, { recursive: true });
    const before = (await readdir(folder)).filter((name) => NAME.test(name)).sort((a, b) => timeOf(a) - timeOf(b));
    const last = before.at(-1);
    const earliest = last === undefined ? 0 : timeOf(last) + 1;
    const now = Date.now() / 1000;
    const file = new EventFile(join(folder, `events.out.tfevents.${Math.max(Math.floor(now), earliest)}.showtell`));
    const wallTime = entries[0]?.time ?? now;
    const events: Event[] = [
      { kind: "file-version", wallTime, step: 0 },
      { kind: "session-start", wallTime, step: 0 },
      ...entries.map((entry) => logEvent(entry, now)),
    ];
    await file.put(events, writeFile);
    if (last !== undefined) await truncate(join(folder, last));
    for (const name of before.slice(0, -1)) await rm(join(folder, name), { force: true });
    return file;
  }

  /** @throws ShowtellError DISK_FULL */
  async add(entry: LogEntry): Promise<void> {
    await this.put([logEvent(entry, Date.now() / 1000)], appendFile);
  }

  private async put(events: Event[], write: typeof appendFile): Promise<void> {
    try {
      await write(this.path, Buffer.concat(events.map((event) => record(encodeEvent(event)))));
    } catch (error) {
      throw explainWriteError(error, this.path);
    }
  }
}
