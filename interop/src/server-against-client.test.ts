import { describeMatch } from "./describe-match.ts";
import { elasticClient } from "./peers/elastic-client.ts";
import { opampGoClient } from "./peers/opamp-go.ts";
import { opampTsServer } from "./peers/opamp-ts-server.ts";

for (const client of [opampGoClient, elasticClient]) describeMatch(client, opampTsServer);
