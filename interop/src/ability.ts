/** What an implementation can do on a transport; a scenario says what it needs of both ends. */
export const allAbilities = [
  /** Takes a new description while it runs. */
  "description",
  "health",
  "effective-config",
  "remote-config",
  "custom-messages",
  "server-assigned-uid",
  /** Asks for an instance uid with the flag RequestInstanceUid. */
  "uid-request",
  "commands",
  /** Reports, or asks for, the full state at any moment. */
  "full-state",
  /** A client: comes back within seconds. A server: restarts on the same port, having forgotten everything. */
  "reconnect",
  /** Compresses, or reads compressed, what agents send. */
  "compressed-reports",
  /** Compresses, or reads compressed, what servers send. */
  "compressed-answers",
  "headers",
  "tls",
  "heartbeat",
  /** Takes its heartbeat interval from the server. */
  "heartbeat-offer",
  /** Ends with agent_disconnect, or sees the end. */
  "goodbye",
] as const;

export type Ability =
  | (typeof allAbilities)[number]
  /** An agent: takes offered settings of its connection, and packages, by itself. A server: offers them. */
  | "connection-settings"
  | "packages"
  /** An agent: gets a certificate of its own. A server: signs requests like opamp-go's example. */
  | "certificate";

export type TransportName = "websocket" | "http";

/** What an implementation can do, by transport; a transport that is absent is not supported. */
export type Abilities = Readonly<Partial<Record<TransportName, readonly Ability[]>>>;
