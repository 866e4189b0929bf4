import { byId, make, timeOfDay } from "./dom.js";

const MAX_SHOWN = 100;
const list = byId("messages");

/** Begins a new log. */
export function clearMessages() {
  list.replaceChildren();
}

/** Adds messages, the newest on top. */
export function addMessages(messages) {
  for (const message of messages) list.prepend(render(message));
  while (list.children.length > MAX_SHOWN) list.lastElementChild.remove();
}

function render({ atMs, from, summary }) {
  const direction = from === "agent" ? "agent says" : "server says";
  return make(
    "li",
    { "data-from": from },
    timeOfDay(atMs),
    make("span", { class: "from" }, direction),
    make("span", { class: "summary" }, summary),
  );
}
