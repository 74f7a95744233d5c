import { describe, expect, test } from "vitest";
import {
  apiRequest,
  FakeApi,
  HOUR,
  MemoryStorage,
  PAGE,
  problemResponse,
  signedIn,
} from "./fake-api";
import { Session, SIGNED_IN } from "./session";

describe("the access token", () => {
  test("is sent with every call", async () => {
    const { session, api } = await signedIn();
    expect((await session.fetch(apiRequest())).status).toBe(200);
    expect(api.calls).toEqual(["/api/auth/login", "/api/keys"]);
  });

  test("is renewed before it expires", async () => {
    const { session, api, clock } = await signedIn();
    clock.now += 900_000 - 14_000;
    expect((await session.fetch(apiRequest())).status).toBe(200);
    expect(api.calls.slice(1)).toEqual(["/api/auth/refresh", "/api/keys"]);
  });

  test("is refreshed once for two simultaneous calls", async () => {
    const { session, api, clock } = await signedIn();
    clock.now += HOUR;
    const answers = await Promise.all([session.fetch(apiRequest()), session.fetch(apiRequest())]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(api.count("/api/auth/refresh")).toBe(1);
  });

  test("is refreshed once for two rejected calls, which send their bodies again", async () => {
    const { session, api } = await signedIn();
    const bodies: string[] = [];
    let release = () => {};
    const refreshed = new Promise<void>((resolve) => {
      release = resolve;
    });
    api.respond = async (request) => {
      bodies.push(await request.text());
      return Response.json({});
    };
    api.forgetAccess();
    api.hold = (request) => (request.url.endsWith("/api/tokens") ? refreshed : undefined);
    const slow = session.fetch(apiRequest("/api/tokens"));
    expect((await session.fetch(apiRequest())).status).toBe(200);
    // The second rejection arrives after the token was renewed.
    release();
    expect((await slow).status).toBe(200);
    expect(api.count("/api/auth/refresh")).toBe(1);
    expect(bodies).toEqual(["{}", "{}"]);
  });

  test("is refreshed by one tab at a time", async () => {
    const held: string[] = [];
    const locks = {
      request: (name: string, job: () => Promise<string>) => {
        held.push(name);
        return job();
      },
    } as unknown as LockManager;
    const api = new FakeApi();
    const shared = new MemoryStorage();
    shared.setItem(SIGNED_IN, "yes");
    const session = new Session({
      base: "",
      page: PAGE,
      fetch: api.fetch,
      tab: new MemoryStorage(),
      shared,
      locks,
      now: Date.now,
    });
    await session.resume();
    expect(session.state.kind).toBe("signed-in");
    expect(held).toHaveLength(1);
  });
});

describe("a 401 response", () => {
  test("of the API refreshes the token and repeats the call", async () => {
    const { session, api } = await signedIn();
    api.forgetAccess();
    expect((await session.fetch(apiRequest())).status).toBe(200);
    expect(api.calls.slice(1)).toEqual(["/api/keys", "/api/auth/refresh", "/api/keys"]);
  });

  test.each([
    ["plain", () => new Response("no", { status: 401 })],
    ["a problem of its own", () => problemResponse(401, "bad_key")],
    ["one that looks like ours", () => problemResponse(401, "authentication_required")],
  ])("of a proxied API neither ends nor refreshes the session: %s", async (_, refuse) => {
    const { session, api } = await signedIn();
    api.respond = refuse;
    expect((await session.fetch(apiRequest("/proxy/openai/v1/models"))).status).toBe(401);
    expect(api.calls.slice(1)).toEqual(["/proxy/openai/v1/models"]);
    expect(session.state.kind).toBe("signed-in");
  });

  test("of the proxy, recognized by Proxy-Status, refreshes the token", async () => {
    const { session, api } = await signedIn();
    const status = { "Proxy-Status": "api-dashboard; error=http_request_denied" };
    const answers = [problemResponse(401, "authentication_required", status), Response.json({})];
    api.respond = () => answers.shift() ?? new Response(null, { status: 500 });
    expect((await session.fetch(apiRequest("/proxy/openai/v1/models"))).status).toBe(200);
    expect(api.count("/api/auth/refresh")).toBe(1);
  });
});

describe("token storage (S34)", () => {
  test("holds no token if the API shares the origin", async () => {
    const { tab: own, shared } = await signedIn();
    expect([...own.values(), ...shared.values()]).toEqual(["yes"]);
  });

  test("holds only the refresh token, for this tab, if the API has another origin", async () => {
    const { session, api, clock, tab: own, shared } = await signedIn("https://api.example");
    expect(own.values()).toEqual(["refresh-1"]);
    clock.now += HOUR;
    await session.fetch(new Request("https://api.example/api/keys"));
    expect(api.count("/api/auth/refresh")).toBe(1);
    expect(own.values()).toEqual(["refresh-2"]);
    expect(shared.values()).toEqual(["yes"]);
  });
});
