import { describe, expect, onTestFinished, test, vi } from "vitest";
import { apiRequest, FakeApi, HOUR, openTab, signedIn } from "./fake-api";
import { REFRESHING, SIGNED_IN } from "./session";

describe("the end of a session", () => {
  test("follows a rejected refresh", async () => {
    const { session, api, clock, shared } = await signedIn();
    api.end();
    clock.now += HOUR;
    await expect(session.fetch(apiRequest())).rejects.toMatchObject({
      code: "invalid_refresh_token",
    });
    expect(session.state).toEqual({ kind: "signed-out", reason: "expired" });
    expect(shared.getItem(SIGNED_IN)).toBeNull();
  });

  test("does not follow an unreachable API", async () => {
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
  ])("the refresh of a closed page %s", async (_, age, wait) => {
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

  test("signing out discards the session immediately, even if the API does not respond", async () => {
    const { session, api, tab: own, shared } = await signedIn("https://api.example");
    api.down = true;
    await session.signOut();
    expect(session.state).toEqual({ kind: "signed-out", reason: "sign-out" });
    expect([...own.values(), ...shared.values()]).toEqual([]);
  });

  test("signing out in another tab ends the session without a call", async () => {
    const { session, api } = await signedIn();
    const before = api.calls.length;
    session.end("sign-out");
    expect(session.state).toEqual({ kind: "signed-out", reason: "sign-out" });
    expect(api.calls).toHaveLength(before);
  });

  test("a refresh in progress does not restore a session after signing out", async () => {
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

  test("listeners are called for each change until they unsubscribe", async () => {
    const { session } = await signedIn();
    const heard: string[] = [];
    const leave = session.subscribe(() => heard.push(session.state.kind));
    session.end("sign-out");
    leave();
    session.end("sign-out");
    expect(heard).toEqual(["signed-out"]);
  });
});

describe("resuming a session", () => {
  test("makes no call if nobody was signed in", async () => {
    const api = new FakeApi();
    const { session } = openTab(api);
    await session.resume();
    expect(session.state).toEqual({ kind: "signed-out", reason: "no-session" });
    expect(api.calls).toEqual([]);
  });

  test("signs in with the cookie", async () => {
    const api = new FakeApi();
    const { session, shared } = openTab(api);
    shared.setItem(SIGNED_IN, "yes");
    await session.resume();
    expect(session.state.kind).toBe("signed-in");
  });

  test("stays unknown while the API is unreachable", async () => {
    const api = new FakeApi();
    api.down = true;
    const { session, shared } = openTab(api);
    shared.setItem(SIGNED_IN, "yes");
    await session.resume();
    expect(session.state).toEqual({ kind: "unknown", failed: true });
    expect(shared.getItem(SIGNED_IN)).toBe("yes");
  });
});

describe("changing the password", () => {
  test("starts a new session", async () => {
    const { session, api } = await signedIn();
    await session.changePassword("ada", "correct horse", "battery staple");
    expect(session.state.kind).toBe("signed-in");
    expect((await session.fetch(apiRequest())).status).toBe(200);
    expect(api.calls.slice(1)).toEqual(["/api/me/password", "/api/auth/login", "/api/keys"]);
  });

  test("makes other calls wait", async () => {
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

  test("with a wrong password changes nothing", async () => {
    const { session, api } = await signedIn();
    await expect(session.changePassword("ada", "wrong", "new password")).rejects.toMatchObject({
      code: "wrong_password",
    });
    expect(session.state.kind).toBe("signed-in");
    expect((await session.fetch(apiRequest())).status).toBe(200);
    expect(api.count("/api/auth/login")).toBe(1);
  });

  test("ends the session if the sign-in fails", async () => {
    const { session, api } = await signedIn();
    api.refusesPasswords = true;
    await expect(
      session.changePassword("ada", "correct horse", "battery staple"),
    ).rejects.toMatchObject({ code: "invalid_credentials" });
    expect(session.state).toEqual({ kind: "signed-out", reason: "password-changed" });
  });
});
