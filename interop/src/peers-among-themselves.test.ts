import { describeMatch } from "./describe-match.ts";
import { elasticClient } from "./peers/elastic-client.ts";
import { elasticServer } from "./peers/elastic-server.ts";
import { opampGoClient, opampGoServer } from "./peers/opamp-go.ts";

// Shows that the scenarios ask for nothing that others do not do among themselves.
describeMatch(opampGoClient, opampGoServer);
describeMatch(opampGoClient, elasticServer);
describeMatch(elasticClient, opampGoServer);
