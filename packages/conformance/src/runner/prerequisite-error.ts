import type { RequirementId } from "../requirements.ts";

/** A case needs what another requirement asks for. It proves nothing when that is broken. */
export class PrerequisiteError extends Error {
  override readonly name = "PrerequisiteError";
  readonly requirement: RequirementId;

  constructor(requirement: RequirementId, message: string, options?: ErrorOptions) {
    super(message, options);
    this.requirement = requirement;
  }
}
