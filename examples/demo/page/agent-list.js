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
  for (const seen of list.querySelectorAll(".seen")) showAge(seen);
}

function showAgent({ lastSeenMs, ...agent }, isSelected) {
  const item = items.get(agent.uid) ?? addItem(agent.uid);
  const [link] = item.children;
  const [who, seen] = link.children;
  if (isSelected) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
  link.dataset.link = agent.link;
  show(who, agent, render);
  seen.dataset.how = { connected: "WebSocket", polling: "HTTP", gone: "gone" }[agent.link];
  seen.dataset.at = lastSeenMs;
  showAge(seen);
}

function showAge(seen) {
  const text = `${seen.dataset.how}, ${ago(Number(seen.dataset.at))}`;
  if (seen.textContent !== text) seen.textContent = text;
}

function addItem(uid) {
  const [who, seen] = ["who", "seen"].map((name) => make("span", { class: name }));
  const item = make("li", {}, make("a", { href: `#${uid}` }, who, seen));
  items.set(uid, item);
  list.append(item);
  return item;
}

function render({ uid, name, health }) {
  return [
    healthMark(health),
    make("span", { class: "agent-title" }, name || "unnamed"),
    make("span", { class: "short-uid" }, uid),
  ];
}
