import { runUntilCrash } from "./run-until-crash.ts";
import { createVersionedAgent } from "./versioned-agent.ts";

void runUntilCrash(createVersionedAgent);
