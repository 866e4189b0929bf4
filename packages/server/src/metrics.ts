// For those who have OpenTelemetry; the main entry knows nothing of it.

export { observeAnswers } from "./metrics/observe-answers.ts";
export { observeServer } from "./metrics/observe-server.ts";
export { observeTracker } from "./metrics/observe-tracker.ts";
