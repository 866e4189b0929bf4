import type { Logger, OpAMPError } from "@opamp/protocol";

/** Tells when deliveries begin to fail and when they are back, not of each. */
export interface DeliveryLog {
  delivered(): void;
  failed(error: OpAMPError): void;
}

/** The logger must not be one whose lines are delivered that way. */
export function createDeliveryLog(what: string, logger: Logger): DeliveryLog {
  let isFailing = false;
  return {
    delivered() {
      if (isFailing) logger.info(`${what} is delivered again`);
      isFailing = false;
    },
    failed(error) {
      if (!isFailing) logger.warn(`${what} is not delivered: ${error.message}`);
      isFailing = true;
    },
  };
}
