import { channel } from "node:diagnostics_channel";
import {
  accept,
  type ConnectCheck,
  type Connection,
  identityOf,
  reject,
  requireAll,
  requireAny,
  requireBasic,
  requireBearer,
} from "@opamp/server";
import { describe, expect, it } from "vitest";
import { pollMessage, post, type RawResponse } from "./_util/http-agent.ts";
import { createRecordingLogger } from "./_util/recording-logger.ts";
import { startServer, type TestServer } from "./_util/test-server.ts";
import { upgrade } from "./_util/upgrade.ts";

const TOKEN = "s3cret.token-of~the_fleet==";

/** What a request with an Authorization header gets, on either transport. */
async function bothAnswers(
  { wsUrl, httpUrl }: TestServer,
  authorization?: string,
): Promise<readonly [RawResponse, RawResponse]> {
  const headers = authorization === undefined ? {} : { authorization };
  return [await upgrade(wsUrl, { headers }), await post(httpUrl, pollMessage().body, { headers })];
}

async function statuses(server: TestServer, authorization?: string): Promise<readonly number[]> {
  return (await bothAnswers(server, authorization)).map(({ status }) => status);
}

function serverWith(onConnecting: ConnectCheck, logger = createRecordingLogger()) {
  return startServer({ callbacks: { onConnecting }, logger });
}

const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;

describe("a bearer token", () => {
  it("lets in on both transports, and its lack is answered with 401 and a challenge [S-147 S-148]", async () => {
    await using server = await serverWith(requireBearer({ tokens: ["other", TOKEN] }));
    expect(await statuses(server, `Bearer ${TOKEN}`)).toEqual([101, 200]);
    expect(await statuses(server, `bearer  ${TOKEN}`)).toEqual([101, 200]);
    for (const answer of await bothAnswers(server)) {
      expect(answer.status).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe('Bearer realm="opamp"');
    }
    for (const answer of await bothAnswers(server, `Bearer x${TOKEN}`)) {
      expect(answer.headers["www-authenticate"]).toBe(
        'Bearer realm="opamp", error="invalid_token"',
      );
    }
  });

  it.each([
    "Bearer",
    "Bearer ",
    "Bearer a b",
    `Bearer "${TOKEN}"`,
    `Bearer ${TOKEN}, Basic eDp5`,
    "Bearer ===",
    "Bearer \u00e4",
    TOKEN,
    "Negotiate abc",
    basic("user:password"),
  ])("is not found in the header %j", async (authorization) => {
    await using server = await serverWith(requireBearer({ verify: () => true }));
    expect(await statuses(server, authorization)).toEqual([401, 401]);
  });

  it("may be verified by a function, which says whose it is", async () => {
    const seen: unknown[] = [];
    const onConnected = (connection: Connection): void => void seen.push(identityOf(connection));
    const onConnecting = requireBearer({
      verify: async (token) => token === TOKEN && { name: "edge-7" },
    });
    await using server = await startServer({ callbacks: { onConnecting, onConnected } });
    expect(await statuses(server, `Bearer ${TOKEN}`)).toEqual([101, 200]);
    expect(await statuses(server, "Bearer wrong")).toEqual([401, 401]);
    expect(seen).toEqual([{ name: "edge-7" }, { name: "edge-7" }]);
  });

  it("is in no log when the function fails, whatever that says", async () => {
    const logger = createRecordingLogger();
    const onConnecting = requireBearer({
      async verify(token) {
        throw new Error(`no such row: ${token}`);
      },
    });
    await using server = await serverWith(onConnecting, logger);
    for (const answer of await bothAnswers(server, `Bearer ${TOKEN}`)) {
      expect(answer.status).toBe(500);
      expect(answer.body.toString()).not.toContain(TOKEN);
    }
    const told = logger.lines.join("\n");
    expect(told).toContain("verify: no such row: [credential]");
    expect(told).not.toContain(TOKEN);
  });

  it.each([
    {},
    { tokens: [] },
    { tokens: [""] },
    { tokens: ["a b"] },
    { tokens: [TOKEN], verify: () => true },
    { tokens: [TOKEN], realm: 'a"b' },
    { tokens: [TOKEN], query: "token" },
  ])("is refused to be set up with %j", (options) => {
    expect(() => requireBearer(options)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});

describe("a token in the query", () => {
  it("lets in where it is configured, and shows in no log, event, error or request [L-33]", async () => {
    const logger = createRecordingLogger();
    const said: string[] = [];
    const note = (event: unknown): void => void said.push(JSON.stringify(event));
    const onConnecting = requireBearer({ tokens: [TOKEN], queryParameter: "access_token" });
    const onConnected = ({ request }: Connection): void => {
      said.push(request.url, JSON.stringify(request));
    };
    const names = ["connection.opened", "connection.closed", "message.received", "message.sent"];
    const channels = names.map((name) => channel(`opamp.server.${name}`));
    for (const one of channels) one.subscribe(note);
    await using server = await startServer({ callbacks: { onConnecting, onConnected }, logger });
    const query = `?a=1&access%5Ftoken=${encodeURIComponent(TOKEN)}&b=%20`;
    const good = await upgrade(server.wsUrl + query);
    expect(good.status).toBe(101);
    expect((await post(server.httpUrl + query, pollMessage().body)).status).toBe(200);
    expect((await post(server.httpUrl + query, Buffer.from("x"))).status).toBe(400);
    expect(said).toContain("/v1/opamp?a=1&b=%20");
    await server.server.close();
    for (const one of channels) one.unsubscribe(note);
    expect(JSON.stringify([said, logger.lines, good])).not.toContain("s3cret");
  });

  it("is not looked at unless it is configured [L-33]", async () => {
    await using server = await serverWith(requireBearer({ tokens: [TOKEN] }));
    const query = `?access_token=${encodeURIComponent(TOKEN)}`;
    expect((await upgrade(server.wsUrl + query)).status).toBe(401);
  });

  it("is found by each check that looks for it", async () => {
    const queryParameter = "access_token";
    const onConnecting = requireAny(
      requireBearer({ tokens: ["other"], queryParameter }),
      requireBearer({ tokens: [TOKEN], queryParameter }),
    );
    await using server = await serverWith(onConnecting);
    const query = `?access_token=${encodeURIComponent(TOKEN)}`;
    expect((await upgrade(server.wsUrl + query)).status).toBe(101);
    expect((await post(server.httpUrl + query, pollMessage().body)).status).toBe(200);
    expect((await upgrade(`${server.wsUrl}?access_token=wrong`)).status).toBe(401);
  });

  it("is refused when it is there twice, is malformed, or a header says otherwise", async () => {
    const onConnecting = requireBearer({ tokens: [TOKEN], queryParameter: "access_token" });
    await using server = await serverWith(onConnecting);
    const good = `access_token=${encodeURIComponent(TOKEN)}`;
    for (const query of [`${good}&${good}`, "access_token=", "access_token=%zz%"]) {
      expect((await upgrade(`${server.wsUrl}?${query}`)).status).toBe(401);
    }
    const headers = { authorization: "Bearer wrong" };
    expect((await upgrade(`${server.wsUrl}?${good}`, { headers })).status).toBe(401);
  });
});

describe("user and password", () => {
  it("let in on both transports, under the name of the user [S-147 S-148]", async () => {
    const seen: unknown[] = [];
    const onConnecting = requireBasic({ users: { edge: "pa:ss wörd", constructor: "x" } });
    const onConnected = (connection: Connection): void => void seen.push(identityOf(connection));
    await using server = await startServer({ callbacks: { onConnecting, onConnected } });
    expect(await statuses(server, basic("edge:pa:ss wörd"))).toEqual([101, 200]);
    expect(seen).toEqual([{ name: "edge" }, { name: "edge" }]);
    for (const wrong of ["edge:pa", "edge:", "nobody:pa:ss wörd", "toString:x", ":"]) {
      expect(await statuses(server, basic(wrong))).toEqual([401, 401]);
    }
    const [answer] = await bothAnswers(server);
    expect(answer.headers["www-authenticate"]).toBe('Basic realm="opamp", charset="UTF-8"');
  });

  it.each([
    "Basic",
    "Basic !!",
    basic("no colon"),
    basic("edge:a\nb"),
    "Basic ZWRnZTr/",
    `Bearer ${TOKEN}`,
  ])("are not found in the header %j", async (authorization) => {
    await using server = await serverWith(requireBasic({ verify: () => true }));
    expect(await statuses(server, authorization)).toEqual([401, 401]);
  });

  it("are in no log when the function fails", async () => {
    const logger = createRecordingLogger();
    const verify = ({ password }: { readonly password: string }): never => {
      throw new Error(`cannot hash ${password}`);
    };
    await using server = await serverWith(requireBasic({ verify }), logger);
    expect(await statuses(server, basic("edge:hunter2"))).toEqual([500, 500]);
    expect(logger.lines.join()).not.toContain("hunter2");
  });
});

describe("several checks", () => {
  const bearer = requireBearer({
    verify: (token) => (token === TOKEN ? { name: "token", instanceUid: "uid-1" } : false),
  });
  const users = requireBasic({ users: { edge: "x" } });

  it("let in by any of them, and ask for all of them", async () => {
    await using server = await serverWith(requireAny(bearer, users));
    expect(await statuses(server, `Bearer ${TOKEN}`)).toEqual([101, 200]);
    expect(await statuses(server, basic("edge:x"))).toEqual([101, 200]);
    const [answer] = await bothAnswers(server);
    expect(answer.status).toBe(401);
    expect(answer.headers["www-authenticate"]).toBe(
      'Bearer realm="opamp", Basic realm="opamp", charset="UTF-8"',
    );
    expect(answer.body.toString()).toBe("a bearer token is needed\n");
  });

  it("say a challenge that they share once", async () => {
    await using server = await serverWith(requireAny(bearer, requireBearer({ tokens: ["other"] })));
    const [answer] = await bothAnswers(server);
    expect(answer.headers["www-authenticate"]).toBe('Bearer realm="opamp"');
  });

  it("let in only by all of them, as one agent", async () => {
    const seen: unknown[] = [];
    let other: string | undefined;
    const second: ConnectCheck = () =>
      other === undefined ? accept() : { accept: true, identity: { instanceUid: other } };
    const onConnected = (connection: Connection): void => void seen.push(identityOf(connection));
    const onConnecting = requireAll(bearer, second);
    await using server = await startServer({ callbacks: { onConnecting, onConnected } });
    expect(await statuses(server)).toEqual([401, 401]);
    expect(await statuses(server, `Bearer ${TOKEN}`)).toEqual([101, 200]);
    other = "uid-2";
    expect(await statuses(server, `Bearer ${TOKEN}`)).toEqual([403, 403]);
    expect(seen[0]).toEqual({ name: "token", instanceUid: "uid-1" });
  });

  it("have to be there where all have to let in", () => {
    const nothing: ConnectCheck[] = [];
    expect(() => requireAll(...nothing)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("end with the first refusal of all, or the one that is no 401 of any", async () => {
    await using all = await serverWith(requireAll(() => reject(429), bearer));
    expect(await statuses(all)).toEqual([429, 429]);
    await using any = await serverWith(requireAny(() => reject(403)));
    expect(await statuses(any)).toEqual([403, 403]);
  });
});
