/** States of a remote configuration (C-100). */
export const RemoteConfigStatuses = { UNSET: 0, APPLIED: 1, APPLYING: 2, FAILED: 3 } as const;

/** States of a connection settings offer (W-38). */
export const ConnectionSettingsStatuses = { UNSET: 0, APPLIED: 1, APPLYING: 2, FAILED: 3 } as const;

/** States of a package (C-188 to C-192). */
export const PackageStatusEnum = {
  Installed: 0,
  InstallPending: 1,
  Installing: 2,
  InstallFailed: 3,
  Downloading: 4,
} as const;

/** Kinds of package (W-46). */
export const PackageType = { TopLevel: 0, Addon: 1 } as const;

/** Why a server could not process a message. A number beyond these reads as Unknown (C-219). */
export const ServerErrorResponseType = { Unknown: 0, BadRequest: 1, Unavailable: 2 } as const;

/** What an agent can be told to do. A number beyond these is no command (C-203). */
export const CommandType = { Restart: 0 } as const;
