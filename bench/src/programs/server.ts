import { createOpAMPServer } from "@opamp/server";

// Acknowledges every message until standard input closes.
const server = createOpAMPServer();
const { port } = await server.listen({ port: 0, host: "127.0.0.1" });
console.log(port);
process.stdin.resume().on("end", () => process.exit());
