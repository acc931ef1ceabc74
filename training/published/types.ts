/** One file that a package of npm or PyPI holds, pinned by name, size and hash. */
export interface PublishedFile {
  from: "npm" | "pypi";
  /** Package name in its registry. */
  name: string;
  version: string;
  /** File name as the registry gives it. */
  file: string;
  bytes: number;
  sha256: string;
}
