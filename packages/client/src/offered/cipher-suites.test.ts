import { describe, expect, it } from "vitest";
import { cipherListFromSuites } from "./cipher-suites.ts";

describe("offered cipher suites", () => {
  it.each([
    ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
    ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"],
    ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"],
    ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"],
    ["TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
    ["TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", "DHE-RSA-AES256-SHA256"],
    ["TLS_RSA_WITH_AES_128_GCM_SHA256", "AES128-GCM-SHA256"],
    ["TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", "ECDHE-PSK-AES128-CBC-SHA256"],
    ["TLS_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
    ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ])("%s is %s here [C-164]", (suite, cipher) => {
    expect(cipherListFromSuites([suite])).toBe(cipher);
  });

  it("make one list, and none when there are none [C-164]", () => {
    expect(cipherListFromSuites(["TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"])).toBe(
      "TLS_AES_128_GCM_SHA256:AES128-SHA",
    );
    expect(cipherListFromSuites([])).toBeUndefined();
  });

  it.each(["TLS_RSA_WITH_NULL_SHA", "ALL", "DEFAULT@SECLEVEL=0", "", "TLS_AES_128_GCM_SHA256:ALL"])(
    "do not include %s [C-164]",
    (suite) => {
      expect(() => cipherListFromSuites([suite])).toThrow(/is not a cipher suite/);
    },
  );
});
