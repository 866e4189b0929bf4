import { createOpAMPClient } from "@opamp/client";
import * as protocol from "@opamp/protocol";
import { createOpAMPServer } from "@opamp/server";
import { talk } from "./talk.mjs";

await talk({ createOpAMPClient, createOpAMPServer, protocol });
