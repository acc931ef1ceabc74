import type { Counted, DatasetReport } from "./types.js";

const NAMED = 10;

/** Counts names and keeps the first. */
export class Counter {
  private readonly all: string[] = [];

  add(name: string): void {
    this.all.push(name);
  }

  get count(): number {
    return this.all.length;
  }

  /** The first few, as text. */
  names(limit: number): string {
    return this.all.slice(0, limit).join("; ") + (this.all.length > limit ? "; …" : "");
  }

  result(): Counted {
    return { count: this.all.length, first: this.all.slice(0, NAMED) };
  }
}

/** The report as a few lines of text. */
export function describeReport(report: DatasetReport): string {
  const { train, val, test } = report.splits;
  const made = report.splitsFrom === "seed" ? ", split by seed" : "";
  const lines = [
    `Data set: ${report.images} images with ${report.captions} captions (${report.format}): ${train} train, ${val} val, ${test} test${made}`,
  ];
  const left = (what: string, { count, first }: Counted) => {
    if (count > 0) lines.push(`  left out: ${count} ${what}: ${first.slice(0, 3).join("; ")}${count > 3 ? "; …" : ""}`);
  };
  left("images that are not there", report.missing);
  left("images without a caption", report.uncaptioned);
  left("broken lines or entries", report.broken);
  for (const note of report.notes) lines.push(`  ${note}`);
  return lines.join("\n");
}
