import { describeThrown, type Logger, type OpAMPError } from "@opamp/protocol";
import type { AgentCallbacks } from "./settings.ts";

/** Tells the log and `onError`, whatever they do about it (L-07). */
export function createProblemReport(
  logger: Logger,
  { onError }: AgentCallbacks,
): (error: OpAMPError) => void {
  return (error) => {
    logger.warn(`${error.name}: ${error.message}`);
    const tell = async (): Promise<void> => onError?.(error);
    tell().catch((thrown: unknown) => logger.error(`onError failed: ${describeThrown(thrown)}`));
  };
}
