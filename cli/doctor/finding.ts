/** One thing that was looked at. */
export interface Finding {
  /** "no": something does not work; "note": it could be better, or an optional part is not there. */
  status: "ok" | "note" | "no";
  subject: string;
  found: string;
  /** What the user can do. */
  advice?: string;
}

/** One part of the report: the findings for people, the facts for programs. */
export interface Section {
  title: string;
  findings: Finding[];
  facts: unknown;
}
