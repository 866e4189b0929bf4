import { describe, expect, it } from "vitest";
import { uidsOfCertificate } from "./certificate-uids.ts";
import { createInstanceUid } from "./instance-uid.ts";

const uid = createInstanceUid();
const other = createInstanceUid();

describe("the uids that a certificate names", () => {
  it("are those of its common names and of its URIs, each once", () => {
    const subjectaltname = `DNS:edge, URI:urn:uuid:${uid.toUpperCase()}, IP Address:10.0.0.1`;
    expect(uidsOfCertificate({ subjectaltname, subject: { CN: uid } })).toEqual([uid]);
    expect(uidsOfCertificate({ subject: { CN: ["edge", other] } })).toEqual([other]);
    expect(uidsOfCertificate({ subjectaltname: `URI:urn:uuid:${uid}, URI:${other}` })).toEqual([
      uid,
      other,
    ]);
    expect(uidsOfCertificate({ subject: { CN: "edge" } })).toEqual([]);
    expect(uidsOfCertificate({})).toEqual([]);
  });

  it("are not those in the text of another name", () => {
    const quoted = `DNS:"a, URI:urn:uuid:${uid}, b", URI:urn:uuid:${other}`;
    expect(uidsOfCertificate({ subjectaltname: quoted })).toEqual([other]);
    const escaped = `DNS:"a\\", URI:urn:uuid:${uid}, b", DNS:c`;
    expect(uidsOfCertificate({ subjectaltname: escaped })).toEqual([]);
  });

  it("are not known when its alternative names cannot be read", () => {
    const subjectaltname = `DNS:"a, URI:urn:uuid:${uid}`;
    expect(uidsOfCertificate({ subjectaltname, subject: { CN: other } })).toBeUndefined();
  });
});
