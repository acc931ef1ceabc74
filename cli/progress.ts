import { stderr } from "node:process";

/**
 * One line of progress on stderr: rewritten in place on a terminal; elsewhere a new line now and then, so that logs
 * stay short.
 */
export class ProgressLine {
  private started = performance.now();
  private stage = "";
  private shownAt = 0;
  private open = false;

  constructor(private readonly quietSeconds = 10) {}

  /** Shows `done` of `total` of a stage; a new stage starts a new line and a new clock. */
  update(stage: string, done: number, total: number, note = ""): void {
    const now = performance.now();
    if (stage !== this.stage) {
      this.close();
      this.stage = stage;
      this.started = now;
      this.shownAt = Number.NEGATIVE_INFINITY;
    }
    const finished = done >= total;
    if (!finished && now - this.shownAt < (stderr.isTTY ? 100 : this.quietSeconds * 1000)) return;
    this.shownAt = now;
    const elapsed = (now - this.started) / 1000;
    const left = done > 0 && !finished ? `, ${duration((elapsed / done) * (total - done))} left` : "";
    const text = `${stage}: ${done}/${total} in ${duration(elapsed)}${left}${note ? `  ${note}` : ""}`;
    if (stderr.isTTY) {
      stderr.write(`\r\u001b[K${text}`);
      this.open = true;
      if (finished) this.close();
    } else {
      stderr.write(`${text}\n`);
    }
  }

  /** A line of its own. */
  say(text: string): void {
    this.close();
    stderr.write(`${text}\n`);
  }

  /** Ends the line under way. */
  close(): void {
    if (this.open) stderr.write("\n");
    this.open = false;
    this.stage = "";
  }
}

/** 7 s, 3 min 20 s, 1 h 05 min */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, "0")} min`;
}
