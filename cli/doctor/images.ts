import type { Section } from "./finding.js";

const FORMATS = ["jpeg", "png", "webp", "avif", "gif", "tiff"] as const;

/** Image formats, each written and read back. */
export async function images(): Promise<Section> {
  const { default: sharp } = await import("sharp");
  const probes = await Promise.all(
    FORMATS.map(async (name) => {
      try {
        const create = { width: 8, height: 8, channels: 3 as const, background: "#4080c0" };
        const bytes = await sharp({ create }).toFormat(name).toBuffer();
        const { info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
        return info.width === 8 && info.height === 8 ? { name, readable: true } : { name, readable: false };
      } catch (error) {
        return { name, readable: false, reason: (error as Error).message };
      }
    }),
  );
  const unreadable = probes.filter(({ readable }) => !readable).map(({ name }) => name);
  const { sharp: version, vips } = sharp.versions;
  return {
    title: "Images (sharp)",
    facts: { sharp: version, vips, formats: probes },
    findings: [
      {
        status: unreadable.length > 0 ? "no" : "ok",
        subject: "formats",
        found: `sharp ${version}: ${FORMATS.filter((name) => !unreadable.includes(name)).join(", ")}${
          unreadable.length > 0 ? `; not ${unreadable.join(", ")}` : ""
        }`,
        ...(unreadable.length > 0 ? { advice: "Install the packages again: `npm ci`." } : {}),
      },
    ],
  };
}
