import { ago, byId, healthMark, make, show } from "./dom.js";

const list = byId("agents");
const items = new Map();

/** Shows the agents; one keeps its place in the page, and the focus, while it is there. */
export function showAgents(agents, selectedUid) {
  const uids = new Set(agents.map(({ uid }) => uid));
  for (const [uid, item] of items) {
    if (uids.has(uid)) continue;
    item.remove();
    items.delete(uid);
  }
  for (const agent of agents) showAgent(agent, agent.uid === selectedUid);
}

/** Brings the ages of the last messages up to date. */
export function showAges() {
  for (const age of list.querySelectorAll("[data-at]")) {
    const text = ago(Number(age.dataset.at));
    if (age.textContent !== text) age.textContent = text;
  }
}

function showAgent({ lastSeenMs, ...agent }, isSelected) {
  const item = items.get(agent.uid) ?? addItem(agent.uid);
  const [link] = item.children;
  const [content, age] = link.children;
  if (isSelected) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  link.dataset.link = agent.link;
  show(content, agent, render);
  age.dataset.at = lastSeenMs;
  age.textContent = ago(lastSeenMs);
}

function addItem(uid) {
  const link = make(
    "a",
    { href: `#${uid}` },
    make("span", { class: "who" }),
    make("span", { class: "age" }),
  );
  const item = make("li", {}, link);
  items.set(uid, item);
  list.append(item);
  return item;
}

function render({ uid, name, health, link, transport }) {
  const how = { connected: "WebSocket", polling: "HTTP", gone: "gone" }[link] ?? transport;
  return [
    healthMark(health),
    make("span", { class: "agent-title" }, name || "unnamed"),
    make("span", { class: "how" }, how),
    make("span", { class: "short-uid" }, uid),
  ];
}
