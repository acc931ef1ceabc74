/** What the page does beside being read: values under the pointer, maps of words, order and choice of the pictures. */
export const SCRIPT = `
"use strict";
for (const chart of document.querySelectorAll(".chart")) {
  const frame = JSON.parse(chart.dataset.frame);
  const lines = JSON.parse(chart.dataset.lines);
  const steps = [...new Set(lines.flatMap((line) => line.points.map(([x]) => x)))].sort((a, b) => a - b);
  const cursor = chart.querySelector(".cursor");
  const readout = chart.querySelector(".readout");
  let at = -1;
  const nearest = (values, x) => values.reduce((best, value, i) => (Math.abs(value - x) < Math.abs(values[best] - x) ? i : best), 0);
  const show = (index) => {
    at = Math.max(0, Math.min(steps.length - 1, index));
    const x = steps[at];
    const share = frame.to > frame.from ? (x - frame.from) / (frame.to - frame.from) : 0;
    cursor.setAttribute("transform", "translate(" + (frame.left + share * (frame.right - frame.left)) + " 0)");
    chart.classList.add("read");
    readout.replaceChildren(String(Number(x.toPrecision(6))));
    for (const { name, run, points } of lines) {
      if (x < points[0][0] || x > points[points.length - 1][0]) continue;
      const value = document.createElement("span");
      value.className = lines.length > 1 ? "run run-" + (run % 6) : "";
      value.title = name;
      value.textContent = points[nearest(points.map((point) => point[0]), x)][1];
      readout.append(" ", value);
    }
  };
  const hide = () => {
    at = -1;
    chart.classList.remove("read");
    readout.replaceChildren();
  };
  chart.addEventListener("pointermove", (event) => {
    const box = chart.querySelector("svg").getBoundingClientRect();
    const place = ((event.clientX - box.left) / box.width) * frame.width;
    const share = (place - frame.left) / (frame.right - frame.left);
    show(nearest(steps, frame.from + share * (frame.to - frame.from)));
  });
  chart.addEventListener("pointerleave", hide);
  chart.addEventListener("blur", hide);
  chart.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!move) return;
    event.preventDefault();
    show(at < 0 ? (move > 0 ? 0 : steps.length - 1) : at + move);
  });
}

for (const picture of document.querySelectorAll(".picture")) {
  const look = picture.querySelector(".look");
  let shown;
  const show = (button) => {
    shown?.classList.remove("shown");
    shown = button;
    look.className = "look";
    if (!button) return;
    const words = button.closest(".words");
    look.style.cssText = words.style.cssText + ";" + button.style.cssText;
    look.classList.add(words.dataset.sheet, "on");
    button.classList.add("shown");
  };
  const target = (event) => event.target.closest("button");
  picture.addEventListener("pointerover", (event) => show(target(event) ?? (picture.contains(document.activeElement) ? document.activeElement : null)));
  picture.addEventListener("pointerleave", () => show(null));
  picture.addEventListener("focusin", (event) => show(target(event)));
  picture.addEventListener("focusout", () => show(null));
  picture.addEventListener("click", (event) => target(event) && show(target(event)));
}

for (const section of document.querySelectorAll(".pictures")) {
  const form = section.querySelector("form");
  const list = section.querySelector(".list");
  const pictures = [...list.children];
  const text = new Map(pictures.map((picture) => [picture, picture.textContent.toLowerCase()]));
  const update = () => {
    const { group, order, text: words } = form.elements;
    const sign = order.value.startsWith("-") ? -1 : 1;
    const key = order.value.replace("-", "");
    const wanted = words.value.toLowerCase().trim();
    list.append(...pictures.toSorted((a, b) => sign * (a.dataset[key] - b.dataset[key])));
    let count = 0;
    for (const picture of pictures) {
      picture.hidden = (group.value !== "" && picture.dataset.group !== group.value) || !text.get(picture).includes(wanted);
      if (!picture.hidden) count++;
    }
    form.querySelector("output").value = count + " of " + pictures.length;
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  update();
}
`;
