import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { encodeServerToAgent } from "@opamp/protocol";

export interface WrongServer extends AsyncDisposable {
  readonly url: string;
}

/** A server that is wrong on purpose: over HTTP alone, it answers everything with one and the same uid. */
export async function startWrongServer(): Promise<WrongServer> {
  const answer = encodeServerToAgent({ instanceUid: new Uint8Array(16).fill(1), capabilities: 1n });
  const http = createServer((request, response) => {
    request.resume().on("end", () => {
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end(answer);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/v1/opamp`,
    async [Symbol.asyncDispose]() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
