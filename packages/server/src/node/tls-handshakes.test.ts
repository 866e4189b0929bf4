import { once } from "node:events";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { connect as connectTls } from "node:tls";
import { createCertificateAuthority } from "@opamp/test-kit";
import { expect, it } from "vitest";
import { trackHandshakes } from "./tls-handshakes.ts";

it("cuts connections before their TLS handshake is done, and no others", async () => {
  const authority = await createCertificateAuthority();
  const server = createServer(await authority.issueServer(), (_, response) =>
    response.end("served"),
  );
  const cutHandshakes = trackHandshakes(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const secure = connectTls({ port, host: "127.0.0.1", ca: authority.cert });
  await once(server, "secureConnection");
  const silent = connect(port, "127.0.0.1").on("error", () => undefined);
  const closed = new Promise((resolve) => silent.resume().once("close", resolve));
  await once(server, "connection");
  cutHandshakes();
  await closed;
  secure.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const [answer] = await once(secure, "data");
  expect(String(answer)).toContain("served");

  secure.destroy();
  server.close();
  await once(server, "close");
});
