import { ServerObserver } from "./observe/server-observer.ts";
import { type ResolvedSettings, resolveSettings } from "./resolve-settings.ts";
import type { ServerSettings } from "./settings.ts";

/** What all parts of a server share: its settings, and whom they tell what they do. */
export interface ServerContext extends ResolvedSettings {
  readonly observer: ServerObserver;
}

/** Throws `invalid-argument` for a setting that makes no sense. */
export function createServerContext(settings: ServerSettings): ServerContext {
  const resolved = resolveSettings(settings);
  return { ...resolved, observer: new ServerObserver(resolved.logger) };
}
