/**
 * Listens to the server's events. The browser reconnects by itself after most breaks; after those
 * that it takes for final, this does.
 */
export function createLive({ onEvent, onState }) {
  let source;
  let retry;
  let uid;

  function open() {
    clearTimeout(retry);
    source?.close();
    const query = uid ? `?agent=${encodeURIComponent(uid)}` : "";
    source = new EventSource(`/api/events${query}`);
    source.addEventListener("open", () => onState("live"));
    source.addEventListener("error", onError);
    for (const name of ["server", "agents", "agent", "messages"]) {
      source.addEventListener(name, (event) => onEvent(name, JSON.parse(event.data)));
    }
  }

  function onError(event) {
    if (event.target !== source) return;
    onState("away");
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(open, 500);
  }

  return {
    /** Listens to one agent from now on. */
    listenTo(nextUid) {
      uid = nextUid;
      open();
    },
  };
}
