import { describe, expect, test } from "vitest";
import {
  creationOptions,
  fromBase64url,
  passkeyError,
  requestOptions,
  toBase64url,
  toJson,
  whyNoPasskeys,
} from "./passkeys";

const BYTES = Uint8Array.from([0, 62, 63, 250, 251, 252, 253, 254, 255]);

function why(url: string, secure = true, supported = true) {
  return whyNoPasskeys(new URL(url), secure, supported);
}

describe("where passkeys work", () => {
  test.each(["https://keys.example.com/sign-in", "http://localhost:8420/sign-in"])("%s", (url) => {
    expect(why(url)).toBeUndefined();
  });

  test.each([
    "http://127.0.0.1:8420/sign-in?next=%2Fkeys",
    "http://[::1]:8420/sign-in?next=%2Fkeys",
  ])("%s leads to localhost", (url) => {
    const address = "http://localhost:8420/sign-in?next=%2Fkeys";
    expect(why(url)).toEqual({ kind: "loopback", address });
  });

  test.each(["https://192.0.2.7/", "https://[2001:db8::7]/"])("not at %s", (url) => {
    expect(why(url)).toEqual({ kind: "ip" });
  });

  test("not without HTTPS, or in a browser without them", () => {
    expect(why("http://keys.example.com/", false)).toEqual({ kind: "insecure" });
    expect(why("https://keys.example.com/", true, false)).toEqual({ kind: "unsupported" });
  });
});

describe("without the browser's own JSON helpers", () => {
  test("base64url has no padding and no letters of base64", () => {
    expect(toBase64url(BYTES.buffer)).toBe("AD4_-vv8_f7_");
    expect(fromBase64url("AD4_-vv8_f7_")).toEqual(BYTES);
    expect(fromBase64url("_w==")).toEqual(fromBase64url("_w"));
  });

  test("the options to use a passkey become bytes", () => {
    const options = requestOptions({
      challenge: "AD4_",
      rpId: "localhost",
      allowCredentials: [{ id: "-vv8", type: "public-key", transports: ["internal"] }],
    });
    expect(options).toEqual({
      challenge: BYTES.slice(0, 3),
      rpId: "localhost",
      allowCredentials: [{ id: BYTES.slice(3, 6), type: "public-key", transports: ["internal"] }],
    });
    expect(requestOptions({ challenge: "AD4_" }).allowCredentials).toBeUndefined();
  });

  test("the options to create a passkey become bytes", () => {
    const options = creationOptions({
      challenge: "AD4_",
      user: { id: "-vv8", name: "ada", displayName: "ada" },
      excludeCredentials: [{ id: "_f7_", type: "public-key" }],
    });
    expect(options).toMatchObject({
      challenge: BYTES.slice(0, 3),
      user: { id: BYTES.slice(3, 6), name: "ada" },
      excludeCredentials: [{ id: BYTES.slice(6), type: "public-key" }],
    });
  });

  test("a credential becomes JSON", () => {
    const credential = {
      id: "AD4_",
      rawId: BYTES.slice(0, 3).buffer,
      type: "public-key",
      response: {
        clientDataJSON: BYTES.slice(3, 6).buffer,
        authenticatorData: BYTES.slice(6).buffer,
        signature: BYTES.buffer,
        userHandle: null,
      },
    } as unknown as PublicKeyCredential;
    expect(toJson(credential)).toEqual({
      id: "AD4_",
      rawId: "AD4_",
      type: "public-key",
      clientExtensionResults: {},
      response: {
        clientDataJSON: "-vv8",
        authenticatorData: "_f7_",
        signature: "AD4_-vv8_f7_",
      },
    });
  });

  test("a new credential names its transports", () => {
    const credential = {
      id: "AD4_",
      rawId: BYTES.slice(0, 3).buffer,
      type: "public-key",
      response: {
        clientDataJSON: BYTES.slice(3, 6).buffer,
        attestationObject: BYTES.buffer,
        getTransports: () => ["internal", "hybrid"],
      },
    } as unknown as PublicKeyCredential;
    expect(toJson(credential)).toMatchObject({
      response: { attestationObject: "AD4_-vv8_f7_", transports: ["internal", "hybrid"] },
    });
  });
});

test.each([
  ["NotAllowedError", "passkey_cancelled"],
  ["AbortError", "passkey_cancelled"],
  ["InvalidStateError", "passkey_exists"],
  ["SecurityError", "passkey_refused"],
  ["ConstraintError", "passkey_unsupported"],
  ["UnknownError", "passkey_failed"],
])("the browser's %s is %s", (name, code) => {
  expect(passkeyError(new DOMException("", name), "create")).toMatchObject({ code, status: 0 });
});

test("a cancelled passkey says what was not done", () => {
  const cancelled = new DOMException("", "NotAllowedError");
  expect(passkeyError(cancelled, "create").message).toContain("No passkey was added");
  expect(passkeyError(cancelled, "use").message).toContain("No passkey was used");
});
