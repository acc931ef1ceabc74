/**
 * Tells, as an expression for a page, which of its text a reader cannot see whole: cut by the window's sides, by something
 * that hides what leaves it, or outside of its own button; and buttons that lie on one another.
 */
export const LOST_TEXT = `(() => {
  const lost = [];
  if (document.documentElement.scrollWidth > innerWidth) lost.push("the page scrolls sideways");
  const inside = (inner, outer) => inner.left >= outer.left - 1 && inner.right <= outer.right + 1 &&
    inner.top >= outer.top - 1 && inner.bottom <= outer.bottom + 1;
  const unseen = (element) => Boolean(element.closest(".unseen, .skip:not(:focus), option, script, style, noscript"));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { currentNode: node } = texts;
    const parent = node.parentElement;
    if (!node.data.trim() || unseen(parent) || !parent.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const rect of range.getClientRects()) {
      if (rect.left < -1 || rect.right > innerWidth + 1) lost.push("beside the window: " + node.data.trim());
      const control = parent.closest("button, .button, summary, select");
      if (control && !inside(rect, control.getBoundingClientRect())) lost.push("outside its control: " + node.data.trim());
      for (let around = parent; around; around = around.parentElement) {
        if (!/hidden|clip/.test(getComputedStyle(around).overflow) || around === document.body) continue;
        if (!inside(rect, around.getBoundingClientRect())) lost.push("cut off: " + node.data.trim());
      }
    }
  }
  const controls = [...document.querySelectorAll("button, .button, select, summary")].filter((control) =>
    !unseen(control) && control.checkVisibility({ visibilityProperty: true }));
  for (const [i, one] of controls.entries()) for (const other of controls.slice(i + 1)) {
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    const apart = a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
    if (!apart && !one.contains(other) && !other.contains(one)) lost.push(one.textContent + " lies on " + other.textContent);
  }
  return lost;
})()`;

/** Style sheets under which nothing may be lost: text twice as large (WCAG 1.4.4), and widely spaced (1.4.12). */
export const TEXT_STYLES = {
  "as it is": "",
  "text at 200 %": "html { font-size: 200% !important }",
  "text spaced":
    "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }" +
    "p { margin-bottom: 2em !important }",
};
