import { describe, expect, onTestFinished, test, vi } from "vitest";
import { apiRequest, FakeApi, HOUR, openTab, signedIn } from "./fake-api";
import { REFRESHING, SIGNED_IN } from "./session";

describe("the end", () => {
  test("a refused refresh ends the session", async () => {
    const { session, api, clock, shared } = await signedIn();
    api.end();
    clock.now += HOUR;
    await expect(session.fetch(apiRequest())).rejects.toMatchObject({
      code: "invalid_refresh_token",
    });
    expect(session.state).toEqual({ kind: "signed-out", reason: "expired" });
    expect(shared.getItem(SIGNED_IN)).toBeNull();
  });

  test("an API that is away does not", async () => {
    const { session, api, clock } = await signedIn();
    clock.now += HOUR;
    api.down = true;
    await expect(session.fetch(apiRequest())).rejects.toMatchObject({ code: "unreachable" });
    expect(session.state.kind).toBe("signed-in");
    api.down = false;
    expect((await session.fetch(apiRequest())).status).toBe(200);
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
    const answer = session.fetch(apiRequest());
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
    expect(session.state).toEqual({ kind: "signed-out", reason: "sign-out" });
    expect([...own.values(), ...shared.values()]).toEqual([]);
  });

  test("signing out in another tab ends it here, without another call", async () => {
    const { session, api } = await signedIn();
    const before = api.calls.length;
    session.end("sign-out");
    expect(session.state).toEqual({ kind: "signed-out", reason: "sign-out" });
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
    const late = session.fetch(apiRequest());
    const left = session.signOut();
    release();
    await expect(late).rejects.toMatchObject({ code: "signed_out" });
    await left;
    expect(session.state).toEqual({ kind: "signed-out", reason: "sign-out" });
    expect(api.calls.at(-1)).toBe("/api/auth/logout");
  });

  test("listeners hear of each change until they leave", async () => {
    const { session } = await signedIn();
    const heard: string[] = [];
    const leave = session.subscribe(() => heard.push(session.state.kind));
    session.end("sign-out");
    leave();
    session.end("sign-out");
    expect(heard).toEqual(["signed-out"]);
  });
});

describe("coming back", () => {
  test("who never signed in asks nothing", async () => {
    const api = new FakeApi();
    const { session } = openTab(api);
    await session.resume();
    expect(session.state).toEqual({ kind: "signed-out", reason: "no-session" });
    expect(api.calls).toEqual([]);
  });

  test("the cookie goes on where it ended", async () => {
    const api = new FakeApi();
    const { session, shared } = openTab(api);
    shared.setItem(SIGNED_IN, "yes");
    await session.resume();
    expect(session.state.kind).toBe("signed-in");
  });

  test("an API that is away leaves it open", async () => {
    const api = new FakeApi();
    api.down = true;
    const { session, shared } = openTab(api);
    shared.setItem(SIGNED_IN, "yes");
    await session.resume();
    expect(session.state).toEqual({ kind: "unknown", failed: true });
    expect(shared.getItem(SIGNED_IN)).toBe("yes");
  });
});

describe("a new password", () => {
  test("goes on with a new session", async () => {
    const { session, api } = await signedIn();
    await session.changePassword("ada", "correct horse", "battery staple");
    expect(session.state.kind).toBe("signed-in");
    expect((await session.fetch(apiRequest())).status).toBe(200);
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
    const other = session.fetch(apiRequest());
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
    expect((await session.fetch(apiRequest())).status).toBe(200);
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
