import { byId, make, show } from "./dom.js";
import { send } from "./send.js";

const form = byId("config-form");
const text = byId("config-text");
const reset = byId("config-reset");
const outcome = byId("config-status");

/** Which agent the form is for, what it showed last, and what went wrong with sending. */
let shown = { uid: undefined, text: "", effective: "" };
let problem = "";
let agent;

/** Shows an agent's config and how it fared. What the user has begun to type stays. */
export function showConfig(next) {
  const isOther = next.uid !== shown.uid;
  const isTouched = !isOther && text.value !== shown.text;
  if (isOther) problem = "";
  agent = next;
  const effective = next.effectiveConfig[0]?.text ?? "";
  const settled = next.desiredConfig?.text ?? effective;
  shown = { uid: next.uid, text: isTouched ? shown.text : settled, effective };
  if (!isTouched && text.value !== settled) text.value = settled;
  for (const control of [text, ...form.querySelectorAll("button")])
    control.disabled = !next.takesConfig;
  showOutcome();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void sendConfig(agent.uid, text.value);
});

reset.addEventListener("click", () => {
  text.value = shown.effective;
  text.focus();
});

text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
});

async function sendConfig(uid, sent) {
  const answer = await send("PUT", `/api/agents/${uid}/config`, sent);
  if (uid !== agent.uid) return;
  problem = answer;
  if (problem === "") shown.text = sent;
  showOutcome();
}

function showOutcome() {
  const { takesConfig, link, desiredConfig, remoteConfig } = agent;
  show(outcome, { problem, takesConfig, link, desiredConfig, remoteConfig }, render);
}

function render({ problem, takesConfig, link, desiredConfig, remoteConfig }) {
  if (problem) return verdict("ERROR", problem);
  if (!takesConfig) return verdict("", "This agent takes no configuration from a server.");
  if (desiredConfig !== null && desiredConfig.hash !== remoteConfig?.hash) {
    return verdict("SENT", waitingFor[link], desiredConfig.hash);
  }
  if (remoteConfig === null) return verdict("", "No configuration was ever sent to this agent.");
  return verdict(
    remoteConfig.status,
    remoteConfig.error || meaning[remoteConfig.status],
    remoteConfig.hash,
  );
}

const waitingFor = {
  connected: "Waiting for the agent's answer.",
  polling: "The agent gets it when it polls.",
  gone: "The agent gets it when it is back.",
};

const meaning = {
  APPLIED: "The agent runs with this configuration.",
  APPLYING: "The agent is applying this configuration.",
  FAILED: "The agent refused this configuration, and gave no reason.",
};

function verdict(status, words, hash) {
  return [
    ...(status ? [make("span", { class: "badge", "data-status": status }, status)] : []),
    make("p", {}, words ?? ""),
    ...(hash ? [make("span", { class: "hash", title: "the first digits of its hash" }, hash)] : []),
  ];
}
