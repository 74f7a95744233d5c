/** Passkeys in the browser (WebAuthn): its own JSON helpers, with a fallback for older browsers. */

import { ApiError } from "./api/problem";

/** JSON of the API for the browser, and back. The API checks everything in it. */
export type PasskeyJson = Record<string, unknown>;

/** Where this page cannot use passkeys, and why. */
export type NoPasskeys =
  /** `address` is the same page under a host name that has them. */
  | { readonly kind: "loopback"; readonly address: string }
  | { readonly kind: "ip" | "insecure" | "unsupported" };

/** Why the page at this URL cannot use passkeys, or undefined if it can. */
export function whyNoPasskeys(
  url: URL | Location,
  secure: boolean,
  supported: boolean,
): NoPasskeys | undefined {
  const { hostname } = url;
  if (hostname === "[::1]" || /^127(\.\d+){3}$/.test(hostname)) {
    const address = new URL(url.href);
    address.hostname = "localhost";
    return { kind: "loopback", address: address.href };
  }
  if (hostname.startsWith("[") || /^\d+(\.\d+){3}$/.test(hostname)) {
    return { kind: "ip" };
  }
  return secure ? (supported ? undefined : { kind: "unsupported" }) : { kind: "insecure" };
}

/** Why this page cannot use passkeys, or undefined if it can. */
export function passkeyObstacle(): NoPasskeys | undefined {
  return whyNoPasskeys(location, isSecureContext, typeof PublicKeyCredential === "function");
}

/** Whether the browser offers passkeys in the list of saved sign-ins of a username field. */
export async function offersAutofill(): Promise<boolean> {
  if (passkeyObstacle() !== undefined) {
    return false;
  }
  // Older browsers have no such method.
  const browser = PublicKeyCredential as Partial<typeof PublicKeyCredential>;
  return (await browser.isConditionalMediationAvailable?.().catch(() => false)) ?? false;
}

/**
 * Let the user choose a passkey and verify. With `autofill`, it waits until the user chooses one in
 * the username field. Rejects with ApiError; with `passkey_cancelled` if the user cancelled.
 */
export async function getPasskey(
  options: PasskeyJson,
  request: { readonly autofill?: boolean; readonly signal?: AbortSignal } = {},
): Promise<PasskeyJson> {
  const found = await run("use", () =>
    navigator.credentials.get({
      publicKey: requestOptions(options),
      ...(request.autofill ? { mediation: "conditional" as const } : {}),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    }),
  );
  return toJson(found);
}

/** Create a passkey. Rejects with ApiError; with `passkey_cancelled` if the user cancelled. */
export async function createPasskey(options: PasskeyJson): Promise<PasskeyJson> {
  const made = await run("create", () =>
    navigator.credentials.create({ publicKey: creationOptions(options) }),
  );
  return toJson(made);
}

async function run(
  work: "use" | "create",
  start: () => Promise<Credential | null>,
): Promise<PublicKeyCredential> {
  try {
    return (await start()) as PublicKeyCredential;
  } catch (error) {
    throw passkeyError(error, work);
  }
}

/** What to tell the user about an exception of the browser. */
export function passkeyError(error: unknown, work: "use" | "create"): ApiError {
  const name = error instanceof Error ? error.name : "";
  const made = (code: string, text: string) => new ApiError(text, { status: 0, code });
  switch (name) {
    case "NotAllowedError":
    case "AbortError":
      return made(
        "passkey_cancelled",
        work === "create"
          ? "No passkey was added: it was cancelled or took too long. Try again."
          : "No passkey was used: it was cancelled or took too long. Try again, or choose another way.",
      );
    case "InvalidStateError":
      return made("passkey_exists", "This device already has a passkey for your account.");
    case "SecurityError":
      return made("passkey_refused", "The browser does not allow passkeys at this address.");
    case "NotSupportedError":
    case "ConstraintError":
      return made(
        "passkey_unsupported",
        "This device cannot make a passkey that checks who you are. Set up its screen lock, or use another device or a security key with a PIN.",
      );
    default:
      return made("passkey_failed", "The browser could not use a passkey. Try again.");
  }
}

type Descriptors = { readonly id: string }[] | undefined;

/** Options for `navigator.credentials.get`. */
export function requestOptions(json: PasskeyJson): PublicKeyCredentialRequestOptions {
  const browser = globalThis.PublicKeyCredential as Partial<typeof PublicKeyCredential> | undefined;
  if (browser?.parseRequestOptionsFromJSON !== undefined) {
    return browser.parseRequestOptionsFromJSON(
      json as unknown as PublicKeyCredentialRequestOptionsJSON,
    );
  }
  return {
    ...json,
    challenge: fromBase64url(json["challenge"]),
    allowCredentials: descriptors(json["allowCredentials"] as Descriptors),
  } as unknown as PublicKeyCredentialRequestOptions;
}

/** Options for `navigator.credentials.create`. */
export function creationOptions(json: PasskeyJson): PublicKeyCredentialCreationOptions {
  const browser = globalThis.PublicKeyCredential as Partial<typeof PublicKeyCredential> | undefined;
  if (browser?.parseCreationOptionsFromJSON !== undefined) {
    return browser.parseCreationOptionsFromJSON(
      json as unknown as PublicKeyCredentialCreationOptionsJSON,
    );
  }
  const user = json["user"] as PasskeyJson;
  return {
    ...json,
    challenge: fromBase64url(json["challenge"]),
    user: { ...user, id: fromBase64url(user["id"]) },
    excludeCredentials: descriptors(json["excludeCredentials"] as Descriptors),
  } as unknown as PublicKeyCredentialCreationOptions;
}

/** The JSON of a credential for the API. */
export function toJson(credential: PublicKeyCredential): PasskeyJson {
  if (typeof (credential as Partial<PublicKeyCredential>).toJSON === "function") {
    return credential.toJSON() as PasskeyJson;
  }
  const response: PasskeyJson = {};
  const answer = credential.response as unknown as Record<string, unknown> & {
    getTransports?: () => string[];
  };
  for (const name of [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
  ]) {
    const value = answer[name];
    if (value instanceof ArrayBuffer) {
      response[name] = toBase64url(value);
    }
  }
  const transports = answer.getTransports?.();
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response: transports === undefined ? response : { ...response, transports },
  };
}

function descriptors(list: Descriptors) {
  return list?.map((one) => ({ ...one, id: fromBase64url(one.id) }));
}

/** The bytes of a text in base64url, with or without padding. */
export function fromBase64url(text: unknown): Uint8Array<ArrayBuffer> {
  const base64 = String(text).replaceAll("-", "+").replaceAll("_", "/");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
}

/** Bytes in base64url, without padding. */
export function toBase64url(bytes: ArrayBuffer): string {
  const text = String.fromCharCode(...new Uint8Array(bytes));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
