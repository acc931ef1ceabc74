import { element, make, notice } from "./dom.js";
import { site } from "./site.js";

/** A picture that the visitor gave, under the name that it has in lists. */
export type Given = { name: string; blob: Blob };

/** Takes pictures that are dropped, pasted, chosen, or clicked among the samples. */
export function setUpIntake(onPictures: (pictures: Given[]) => void): void {
  const give = (files: Iterable<File>) => {
    const pictures = [...files].map((file) => ({ name: file.name || "pasted picture", blob: file }));
    if (pictures.length > 0) onPictures(pictures);
  };
  const input = element<HTMLInputElement>("files");
  input.addEventListener("change", () => {
    give(input.files ?? []);
    input.value = "";
  });
  document.addEventListener("paste", (event) => {
    const files = event.clipboardData?.files;
    if (files?.length) give(files);
  });
  let depth = 0;
  const dragging = (by: number) => {
    depth = Math.max(0, depth + by);
    document.body.classList.toggle("dragging", depth > 0);
  };
  document.addEventListener("dragenter", () => dragging(1));
  document.addEventListener("dragleave", () => dragging(-1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    dragging(-depth);
    const files = event.dataTransfer?.files;
    if (files?.length) give(files);
    else notice("That was no picture file. Drop files from your device.");
  });

  const samples = site.samples.map(({ file, small, name }) => {
    const button = make(
      "button",
      { type: "button" },
      make("img", { src: small, alt: `Sample: ${name}`, loading: "lazy" }),
    );
    button.addEventListener("click", async () => {
      try {
        onPictures([{ name: `${name}.jpg`, blob: await (await fetch(file)).blob() }]);
      } catch {
        notice("This sample could not be loaded. Check the connection, or choose a picture of your own.");
      }
    });
    return make("li", {}, button);
  });
  element("samples").append(...samples);
}
