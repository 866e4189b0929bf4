import { showAgents, showAges } from "./agent-list.js";
import { showAgentView } from "./agent-view.js";
import { showConfig } from "./config-form.js";
import { byId, make, show } from "./dom.js";
import { createLive } from "./live.js";
import { addMessages, clearMessages } from "./message-log.js";

const article = byId("agent");
const notice = byId("notice");
let agents;
let selectedUid = uidOfAddress();
let opampUrl = "";

const live = createLive({
  onEvent: (name, data) => handlers[name](data),
  onState(state) {
    byId("live").dataset.state = state;
    byId("live").textContent = state === "live" ? "live" : "the server is away; trying again";
    // The stream that follows begins with all messages there are.
    if (state === "live") clearMessages();
  },
});

const handlers = {
  server({ opampUrl: url, processId }) {
    opampUrl = url;
    show(byId("server"), { url, processId }, renderServer);
  },
  agents(next) {
    agents = next;
    if (selectedUid === undefined && next.length > 0) select(next[0].uid);
    showAgents(next, selectedUid);
    showNotice();
  },
  agent(agent) {
    article.hidden = agent === null;
    document.title = agent === null ? "OpAMP demo" : `${agent.name || "unnamed"} · OpAMP demo`;
    if (agent === null) return;
    showAgentView(agent);
    showConfig(agent);
  },
  messages: addMessages,
};

function select(uid) {
  selectedUid = uid;
  article.hidden = true;
  history.replaceState(null, "", `#${uid}`);
  live.listenTo(uid);
}

function showNotice() {
  const isKnown = agents.some(({ uid }) => uid === selectedUid);
  notice.hidden = isKnown;
  show(notice, { isKnown, count: agents.length, opampUrl }, renderNotice);
}

function renderNotice({ count }) {
  if (count > 0) {
    return [
      make("h2", {}, "This agent has not been heard"),
      make(
        "p",
        {},
        "The server has not heard it since it started. It shows here when it connects; or choose another.",
      ),
    ];
  }
  return [
    make("h2", {}, "No agent yet"),
    make("p", {}, "Start one in another terminal, and it shows here:"),
    make("pre", {}, `npm run agent -- --server ${opampUrl}`),
  ];
}

function renderServer({ url, processId }) {
  const [where, kill] = [url, `kill -9 ${processId}`].map((text) => make("code", {}, text));
  return [
    make("p", {}, "Agents connect to ", where, "."),
    make("p", {}, "End the server with ", kill, " and see everything come back."),
  ];
}

function uidOfAddress() {
  const uid = location.hash.slice(1);
  return /^[0-9a-f-]{36}$/.test(uid) ? uid : undefined;
}

addEventListener("hashchange", () => {
  const uid = uidOfAddress();
  if (uid === undefined || uid === selectedUid) return;
  select(uid);
  if (agents !== undefined) handlers.agents(agents);
});

document.querySelector("[data-skip]")?.addEventListener("click", (event) => {
  event.preventDefault();
  article.focus();
});

setInterval(showAges, 1000);
live.listenTo(selectedUid);
