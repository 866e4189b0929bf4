/** The element of the page with an id. */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** Makes an element. What it shows goes in as text, so nothing an agent says becomes markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Shows `render(data)` in an element, and leaves it alone while the data stays the same. */
export function show(element, data, render) {
  const key = JSON.stringify(data);
  if (element.dataset.shown === key) return;
  element.dataset.shown = key;
  element.replaceChildren(...[render(data)].flat());
}

/** A mark for a health, readable without its colour. */
export function healthMark(health) {
  const shapes = { healthy: "●", unhealthy: "▲", unknown: "○" };
  return make(
    "span",
    { class: `mark ${health}`, role: "img", "aria-label": health },
    shapes[health],
  );
}

/** The time of day of a moment given in milliseconds since the epoch. */
export function timeOfDay(atMs) {
  const date = new Date(atMs);
  return make("time", { datetime: date.toISOString() }, date.toLocaleTimeString());
}

/** How long ago a moment is. */
export function ago(atMs) {
  const seconds = Math.max(0, Math.round((Date.now() - atMs) / 1000));
  if (seconds < 2) return "just now";
  if (seconds < 120) return `${seconds} s ago`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}
