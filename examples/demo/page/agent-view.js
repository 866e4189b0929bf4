import { byId, healthMark, make, show, timeOfDay } from "./dom.js";
import { send } from "./send.js";

const restart = byId("restart");
let uid;

/** Shows the whole state of an agent, but for its configuration and its messages. */
export function showAgentView(agent) {
  uid = agent.uid;
  show(byId("agent-name"), [agent.health, agent.name], renderName);
  show(byId("agent-uid"), agent.uid, (text) => text);
  show(byId("agent-link"), agent.link, renderLink);
  restart.hidden = !agent.takesRestart;
  restart.disabled = agent.link === "gone";
  show(byId("health"), agent.healthTree, renderHealth);
  show(byId("effective"), agent.effectiveConfig, renderFiles);
  show(byId("description"), [agent.identifying, agent.nonIdentifying], renderDescription);
  show(byId("capabilities"), agent.capabilities, renderCapabilities);
}

restart.addEventListener("click", () => void tellToRestart());

async function tellToRestart() {
  const problem = await send("POST", `/api/agents/${uid}/restart`);
  if (problem) show(byId("agent-link"), problem, (words) => words);
}

function renderName([health, name]) {
  return [healthMark(health), ` ${name || "unnamed"}`];
}

function renderLink(link) {
  const words = {
    connected: "connected by WebSocket",
    polling: "polls by HTTP",
    gone: "gone; this is what it said last",
  };
  return make("span", { "data-link": link }, words[link]);
}

function renderHealth(tree) {
  if (tree === null) return nothing("This agent does not report its health.");
  return make("ul", { class: "tree" }, renderComponent(tree));
}

function renderComponent({ name, healthy, status, lastError, startedMs, components }) {
  const item = make(
    "li",
    {},
    healthMark(healthy ? "healthy" : "unhealthy"),
    make("span", { class: "component" }, name),
    make("span", { class: "status" }, status),
  );
  if (startedMs > 0) item.append(make("span", { class: "since" }, "since ", timeOfDay(startedMs)));
  if (lastError) item.append(make("p", { class: "error" }, lastError));
  if (components.length > 0) item.append(make("ul", {}, ...components.map(renderComponent)));
  return item;
}

function renderFiles(files) {
  if (files.length === 0) return nothing("This agent has not reported what it runs with.");
  return files.map(({ name, contentType, text }) => {
    const caption = make("figcaption", {}, name || "(no name)", make("span", {}, contentType));
    return make("figure", {}, caption, make("pre", { tabindex: "0" }, text));
  });
}

function renderDescription([identifying, nonIdentifying]) {
  if (identifying.length + nonIdentifying.length === 0) {
    return nothing("This agent has not described itself.");
  }
  return [
    ...renderAttributes("Identifying", identifying),
    ...renderAttributes("Non-identifying", nonIdentifying),
  ];
}

function renderAttributes(title, attributes) {
  if (attributes.length === 0) return [];
  const rows = attributes.map(([key, text]) =>
    make("div", { class: "attribute" }, make("dt", {}, key), make("dd", {}, text)),
  );
  return [make("h4", {}, title), make("dl", {}, ...rows)];
}

function renderCapabilities(capabilities) {
  return make("ul", { class: "chips" }, ...capabilities.map((name) => make("li", {}, name)));
}

function nothing(words) {
  return make("p", { class: "nothing" }, words);
}
