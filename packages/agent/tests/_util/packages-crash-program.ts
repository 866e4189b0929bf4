import { createInstallingAgent } from "./installing-agent.ts";
import { runUntilCrash } from "./run-until-crash.ts";

void runUntilCrash(createInstallingAgent);
