const { createOpAMPClient } = require("@opamp/client");
const protocol = require("@opamp/protocol");
const { createOpAMPServer } = require("@opamp/server");
const { talk } = require("./talk.mjs");

void talk({ createOpAMPClient, createOpAMPServer, protocol });
