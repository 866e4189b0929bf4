import { describeMatch } from "./describe-match.ts";
import { elasticServer } from "./peers/elastic-server.ts";
import { opampGoServer } from "./peers/opamp-go.ts";
import { opampTsAgent } from "./peers/opamp-ts-agent.ts";
import { opampTsClient, opampTsSharedClient } from "./peers/opamp-ts-client.ts";

for (const server of [opampGoServer, elasticServer]) describeMatch(opampTsClient, server);

for (const client of [opampTsSharedClient, opampTsAgent]) describeMatch(client, opampGoServer);
