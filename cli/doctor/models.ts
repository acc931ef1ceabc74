import type { Section } from "./finding.js";

/** The models that can be named: each looked through and tried. */
export async function models(): Promise<Section> {
  const { findModels, verifyModel, DEFAULT_MODEL } = await import("../../runtime/node/index.js");
  const found = await Promise.all(
    findModels().map(async ({ name, folder }) => {
      const { ok, checks } = await verifyModel(folder);
      const fault = checks.find((check) => !check.ok);
      return { name, folder, ok, ...(fault ? { fault: `${fault.check}: ${fault.message}` } : {}) };
    }),
  );
  const findings: Section["findings"] = found.map(({ name, folder, ok, fault }) => ({
    status: ok ? "ok" : "no",
    subject: name,
    found: fault ?? folder,
    ...(ok ? {} : { advice: "Restore the folder from where it came; `showtell models verify` says more." }),
  }));
  if (!found.some(({ name }) => name === DEFAULT_MODEL)) {
    const advice = "Restore models/ of the package, or name another with --model.";
    findings.push({ status: "no", subject: DEFAULT_MODEL, found: "the default model is not there", advice });
  }
  return { title: "Models", facts: found, findings };
}
