import { describe, expect, onTestFinished, test, vi } from "vitest";
import { REFRESHING, Session, SIGNED_IN } from "./session";

const HOUR = 3_600_000;
const PAGE = "https://dashboard.example/keys";

/** A browser's storage, in memory. */
class Shelf implements Storage {
  readonly #items = new Map<string, string>();
  [name: string]: unknown;

  get length(): number {
    return this.#items.size;
  }

  clear(): void {
    this.#items.clear();
  }

  getItem(key: string): string | null {
    return this.#items.get(key) ?? null;
  }

  key(index: number): string | null {
    return [...this.#items.keys()][index] ?? null;
  }

  removeItem(key: string): void {
    this.#items.delete(key);
  }

  setItem(key: string, value: string): void {
    this.#items.set(key, value);
  }

  values(): string[] {
    return [...this.#items.values()];
  }
}

/** The API of one user, as far as sessions go: it refuses what it has not given out itself. */
class FakeApi {
  readonly calls: string[] = [];
  /** What calls beside those of the session get. */
  answer: (request: Request) => Response | Promise<Response> = () => Response.json({ ok: true });
  /** What an answer waits for. */
  hold: (request: Request) => Promise<void> | undefined = () => undefined;
  down = false;
  password = "correct horse";
  refusesPasswords = false;
  #given = 0;
  #ended = false;

  readonly fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    this.calls.push(pathname);
    if (this.down) {
      throw new TypeError("fetch failed");
    }
    const answer = await this.#answered(request, pathname);
    await this.hold(request);
    return answer;
  };

  async #answered(request: Request, pathname: string): Promise<Response> {
    if (pathname === "/api/auth/logout") {
      this.#ended = true;
      return new Response(null, { status: 204 });
    }
    if (pathname === "/api/auth/login" || pathname === "/api/auth/refresh") {
      return this.#issue(pathname, (await request.json()) as Record<string, unknown>);
    }
    if (request.headers.get("authorization") !== `Bearer access-${this.#given}` || this.#ended) {
      return problem(401, "authentication_required");
    }
    if (pathname === "/api/me/password") {
      return this.#setPassword((await request.json()) as Record<string, unknown>);
    }
    return this.answer(request);
  }

  /** Ends the session as if somewhere else. */
  end(): void {
    this.#ended = true;
  }

  /** Takes no access token any more that it has given so far. */
  forgetAccess(): void {
    this.#given += 1;
  }

  count(path: string): number {
    return this.calls.filter((call) => call === path).length;
  }

  #issue(path: string, body: Record<string, unknown>): Response {
    if (path === "/api/auth/refresh") {
      if (this.#ended) {
        return problem(401, "invalid_refresh_token");
      }
    } else if (body["password"] !== this.password || this.refusesPasswords) {
      return problem(401, "invalid_credentials");
    }
    this.#ended = false;
    this.#given += 1;
    const cookie = path.endsWith("login") ? body["session"] === "cookie" : !body["refresh_token"];
    return Response.json({
      access_token: `access-${this.#given}`,
      expires_in: 900,
      token_type: "Bearer",
      ...(cookie ? {} : { refresh_token: `refresh-${this.#given}` }),
    });
  }

  #setPassword(body: Record<string, unknown>): Response {
    if (body["current_password"] !== this.password) {
      return problem(403, "wrong_password");
    }
    this.password = String(body["new_password"]);
    this.#ended = true;
    return new Response(null, { status: 204 });
  }
}

function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify({ status, code, detail: code }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
}

/** A tab of a browser with `api` behind it; `base` is empty where they share an origin. */
function tab(api: FakeApi, base = "") {
  const shelves = { tab: new Shelf(), shared: new Shelf() };
  const clock = { now: 1_000_000 };
  const session = new Session({
    base,
    page: PAGE,
    fetch: api.fetch,
    ...shelves,
    locks: undefined,
    now: () => clock.now,
  });
  return { session, clock, ...shelves };
}

async function signedIn(base = "") {
  const api = new FakeApi();
  const parts = tab(api, base);
  await parts.session.signIn("ada", api.password);
  return { api, ...parts };
}

function call(path = "/api/keys"): Request {
  return new Request(new URL(path, PAGE), { method: "POST", body: "{}" });
}

describe("one access token for all", () => {
  test("calls carry it", async () => {
    const { session, api } = await signedIn();
    expect((await session.fetch(call())).status).toBe(200);
    expect(api.calls).toEqual(["/api/auth/login", "/api/keys"]);
  });

  test("it is renewed before it ends, not after it was refused", async () => {
    const { session, api, clock } = await signedIn();
    clock.now += 900_000 - 14_000;
    expect((await session.fetch(call())).status).toBe(200);
    expect(api.calls.slice(1)).toEqual(["/api/auth/refresh", "/api/keys"]);
  });

  test("two calls at once refresh once", async () => {
    const { session, api, clock } = await signedIn();
    clock.now += HOUR;
    const answers = await Promise.all([session.fetch(call()), session.fetch(call())]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(api.count("/api/auth/refresh")).toBe(1);
  });

  test("two calls that are refused at once refresh once, and send their bodies again", async () => {
    const { session, api } = await signedIn();
    const bodies: string[] = [];
    let release = () => {};
    const refreshed = new Promise<void>((resolve) => {
      release = resolve;
    });
    api.answer = async (request) => {
      bodies.push(await request.text());
      return Response.json({});
    };
    api.forgetAccess();
    api.hold = (request) => (request.url.endsWith("/api/tokens") ? refreshed : undefined);
    const slow = session.fetch(call("/api/tokens"));
    expect((await session.fetch(call())).status).toBe(200);
    // The second refusal comes when the new token is there already.
    release();
    expect((await slow).status).toBe(200);
    expect(api.count("/api/auth/refresh")).toBe(1);
    expect(bodies).toEqual(["{}", "{}"]);
  });

  test("of several tabs one refreshes at a time", async () => {
    const held: string[] = [];
    const locks = {
      request: (name: string, job: () => Promise<string>) => {
        held.push(name);
        return job();
      },
    } as unknown as LockManager;
    const api = new FakeApi();
    const shared = new Shelf();
    shared.setItem(SIGNED_IN, "yes");
    const session = new Session({
      base: "",
      page: PAGE,
      fetch: api.fetch,
      tab: new Shelf(),
      shared,
      locks,
      now: Date.now,
    });
    await session.resume();
    expect(session.state.kind).toBe("signed-in");
    expect(held).toHaveLength(1);
  });
});

describe("whose 401 it is", () => {
  test("the API's own leads to a new token and the same call again", async () => {
    const { session, api } = await signedIn();
    api.forgetAccess();
    expect((await session.fetch(call())).status).toBe(200);
    expect(api.calls.slice(1)).toEqual(["/api/keys", "/api/auth/refresh", "/api/keys"]);
  });

  test.each([
    ["plain", () => new Response("no", { status: 401 })],
    ["a problem of its own", () => problem(401, "bad_key")],
    ["one that looks like ours", () => problem(401, "authentication_required")],
  ])("a proxied API's own 401 does not end or refresh the session: %s", async (_, refuse) => {
    const { session, api } = await signedIn();
    api.answer = refuse;
    expect((await session.fetch(call("/proxy/openai/v1/models"))).status).toBe(401);
    expect(api.calls.slice(1)).toEqual(["/proxy/openai/v1/models"]);
    expect(session.state.kind).toBe("signed-in");
  });

  test("the proxy's does, which its Proxy-Status tells apart", async () => {
    const { session, api } = await signedIn();
    const status = { "Proxy-Status": "api-dashboard; error=http_request_denied" };
    const answers = [problem(401, "authentication_required", status), Response.json({})];
    api.answer = () => answers.shift() ?? new Response(null, { status: 500 });
    expect((await session.fetch(call("/proxy/openai/v1/models"))).status).toBe(200);
    expect(api.count("/api/auth/refresh")).toBe(1);
  });
});

describe("the end", () => {
  test("a refused refresh ends the session", async () => {
    const { session, api, clock, shared } = await signedIn();
    api.end();
    clock.now += HOUR;
    await expect(session.fetch(call())).rejects.toMatchObject({ code: "invalid_refresh_token" });
    expect(session.state).toEqual({ kind: "signed-out", reason: "expired" });
    expect(shared.getItem(SIGNED_IN)).toBeNull();
  });

  test("an API that is away does not", async () => {
    const { session, api, clock } = await signedIn();
    clock.now += HOUR;
    api.down = true;
    await expect(session.fetch(call())).rejects.toMatchObject({ code: "unreachable" });
    expect(session.state.kind).toBe("signed-in");
    api.down = false;
    expect((await session.fetch(call())).status).toBe(200);
  });

  test.each([
    ["is waited for", -500, 1_500],
    ["is not waited for when it must have come", -2_000, 0],
    ["of a clock that was set back is not waited for", 60_000, 0],
  ])("the refresh of a page that was left %s", async (_, age, wait) => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { session, api, clock, shared } = await signedIn();
    clock.now += HOUR;
    shared.setItem(REFRESHING, String(clock.now + age));
    const answer = session.fetch(call());
    if (wait > 0) {
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(api.count("/api/auth/refresh")).toBe(0);
    }
    await vi.advanceTimersByTimeAsync(1);
    expect((await answer).status).toBe(200);
    expect(api.count("/api/auth/refresh")).toBe(1);
    expect(shared.getItem(REFRESHING)).toBeNull();
  });

  test("signing out forgets the session at once, whether or not the API answers", async () => {
    const { session, api, tab: own, shared } = await signedIn("https://api.example");
    api.down = true;
    await session.signOut();
    expect(session.state).toEqual({ kind: "signed-out", reason: "left" });
    expect([...own.values(), ...shared.values()]).toEqual([]);
  });

  test("signing out in another tab ends it here, without another call", async () => {
    const { session, api } = await signedIn();
    const before = api.calls.length;
    session.end("left");
    expect(session.state).toEqual({ kind: "signed-out", reason: "left" });
    expect(api.calls).toHaveLength(before);
  });

  test("a refresh under way does not bring back a session that was left meanwhile", async () => {
    const { session, api, clock } = await signedIn();
    clock.now += HOUR;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    api.hold = (request) => (request.url.endsWith("/refresh") ? held : undefined);
    const late = session.fetch(call());
    const left = session.signOut();
    release();
    await expect(late).rejects.toMatchObject({ code: "signed_out" });
    await left;
    expect(session.state).toEqual({ kind: "signed-out", reason: "left" });
    expect(api.calls.at(-1)).toBe("/api/auth/logout");
  });

  test("listeners hear of each change until they leave", async () => {
    const { session } = await signedIn();
    const heard: string[] = [];
    const leave = session.subscribe(() => heard.push(session.state.kind));
    session.end("left");
    leave();
    session.end("left");
    expect(heard).toEqual(["signed-out"]);
  });
});

describe("coming back", () => {
  test("who never signed in asks nothing", async () => {
    const api = new FakeApi();
    const { session } = tab(api);
    await session.resume();
    expect(session.state).toEqual({ kind: "signed-out", reason: "never" });
    expect(api.calls).toEqual([]);
  });

  test("the cookie goes on where it ended", async () => {
    const api = new FakeApi();
    const { session, shared } = tab(api);
    shared.setItem(SIGNED_IN, "yes");
    await session.resume();
    expect(session.state.kind).toBe("signed-in");
  });

  test("an API that is away leaves it open", async () => {
    const api = new FakeApi();
    api.down = true;
    const { session, shared } = tab(api);
    shared.setItem(SIGNED_IN, "yes");
    await session.resume();
    expect(session.state).toEqual({ kind: "unknown", failed: true });
    expect(shared.getItem(SIGNED_IN)).toBe("yes");
  });
});

describe("where tokens are kept (S34)", () => {
  test("with the API on the same origin, in no storage", async () => {
    const { tab: own, shared } = await signedIn();
    expect([...own.values(), ...shared.values()]).toEqual(["yes"]);
  });

  test("elsewhere the refresh token alone, for this tab alone", async () => {
    const { session, api, clock, tab: own, shared } = await signedIn("https://api.example");
    expect(own.values()).toEqual(["refresh-1"]);
    clock.now += HOUR;
    await session.fetch(new Request("https://api.example/api/keys"));
    expect(api.count("/api/auth/refresh")).toBe(1);
    expect(own.values()).toEqual(["refresh-2"]);
    expect(shared.values()).toEqual(["yes"]);
  });
});

describe("a new password", () => {
  test("goes on with a new session", async () => {
    const { session, api } = await signedIn();
    await session.changePassword("ada", "correct horse", "battery staple");
    expect(session.state.kind).toBe("signed-in");
    expect((await session.fetch(call())).status).toBe(200);
    expect(api.calls.slice(1)).toEqual(["/api/me/password", "/api/auth/login", "/api/keys"]);
  });

  test("other calls wait for it instead of finding the session ended", async () => {
    const { session, api } = await signedIn();
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const changed = new Promise<void>((resolve) => {
      api.hold = (request) => {
        if (!request.url.endsWith("/password")) {
          return undefined;
        }
        resolve();
        return held;
      };
    });
    const changing = session.changePassword("ada", "correct horse", "battery staple");
    await changed;
    const other = session.fetch(call());
    release();
    expect((await other).status).toBe(200);
    expect(api.count("/api/keys")).toBe(1);
    await changing;
    expect(session.state.kind).toBe("signed-in");
  });

  test("a wrong one changes nothing", async () => {
    const { session, api } = await signedIn();
    await expect(session.changePassword("ada", "wrong", "new password")).rejects.toMatchObject({
      code: "wrong_password",
    });
    expect(session.state.kind).toBe("signed-in");
    expect((await session.fetch(call())).status).toBe(200);
    expect(api.count("/api/auth/login")).toBe(1);
  });

  test("when signing in with it fails, the session has ended", async () => {
    const { session, api } = await signedIn();
    api.refusesPasswords = true;
    await expect(
      session.changePassword("ada", "correct horse", "battery staple"),
    ).rejects.toMatchObject({ code: "invalid_credentials" });
    expect(session.state).toEqual({ kind: "signed-out", reason: "expired" });
  });
});
