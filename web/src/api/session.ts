import { ApiError, errorFromResponse, unreachable } from "./problem";

type SignedOut = "no-session" | "sign-out" | "expired" | "password-changed";

export type SessionState =
  /** Not known yet: the API has not responded, or did not respond at all (`failed`). */
  | { readonly kind: "unknown"; readonly failed: boolean }
  | { readonly kind: "signed-out"; readonly reason: SignedOut }
  | { readonly kind: "signed-in" };

/** What a session needs from the browser. */
export interface SessionDependencies {
  /** The API's URL; empty if it shares the pages' origin. */
  readonly base: string;
  /** The URL of the page. */
  readonly page: string;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Storage of one tab: keeps the refresh token if a cookie cannot. */
  readonly tab: Storage;
  /** Storage of all tabs: tells whether a user is signed in. Never holds a token. */
  readonly shared: Storage;
  /** Undefined if the page is not served over a secure connection. */
  readonly locks: LockManager | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The calls that open a session, under `/api/auth`. */
export type SignInCall = "login" | "second-factor" | "passkey";

interface IssuedTokens {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly recovery_codes_left?: number;
}

const REFRESH_TOKEN = "api-dashboard.refresh-token";
export const SIGNED_IN = "api-dashboard.signed-in";
const LOCK = "api-dashboard.refresh";
/**
 * Storage key: when a page started a refresh, in milliseconds since the epoch. Left behind if that
 * page was closed before the response.
 */
export const REFRESHING = "api-dashboard.refreshing";
// Milliseconds after which the response to another page's refresh has arrived or never will.
const REFRESH_TIMEOUT = 2_000;
// Milliseconds. An access token that expires sooner is renewed before it is used.
const EXPIRY_MARGIN = 15_000;

/**
 * The session of the signed-in user. The access token is kept in memory only. If pages and API
 * share an origin, the refresh token is a cookie that scripts cannot read (S34); otherwise it is
 * kept in the storage of the tab.
 */
export class Session {
  #state: SessionState = { kind: "unknown", failed: false };
  #access: { readonly token: string; readonly until: number } | undefined;
  #refreshing: Promise<string> | undefined;
  // The value of REFRESHING that this page wrote last.
  #refreshStartedAt: string | undefined;
  // The number of sessions that ended on this page. A response requested before the last end is
  // discarded.
  #endedSessions = 0;
  readonly #listeners = new Set<() => void>();
  readonly #dependencies: SessionDependencies;

  constructor(parts: SessionDependencies) {
    this.#dependencies = parts;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Call `listener` after each change of state, until the returned function is called. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Continue the session that this browser had, if any. */
  async resume(): Promise<void> {
    if (!this.#mayHaveSession()) {
      this.#setState({ kind: "signed-out", reason: "no-session" });
      return;
    }
    this.#setState({ kind: "unknown", failed: false });
    try {
      await this.#refresh();
    } catch (error) {
      if (this.#state.kind === "unknown" && error instanceof ApiError) {
        this.#setState({ kind: "unknown", failed: true });
      }
    }
  }

  /** How the API hands out the refresh token, for calls that open a session. */
  get kind(): "cookie" | "token" {
    return this.#usesCookie ? "cookie" : "token";
  }

  /**
   * Sign in by password. Rejects with ApiError; with `second_factor_required`, its members say how
   * to go on.
   */
  async signIn(username: string, password: string): Promise<void> {
    await this.signInWith("login", { username, password, session: this.kind });
  }

  /**
   * Sign in by another call, or with its second step. Returns how many recovery codes are left if
   * one was used. Rejects with ApiError.
   */
  async signInWith(call: SignInCall, body: unknown): Promise<number | undefined> {
    const issued = await this.#post(`auth/${call}`, body);
    this.#storeTokens(issued);
    return issued.recovery_codes_left;
  }

  /**
   * Set a new password, which ends every session, and start a new session. Other calls and tabs
   * wait. Rejects with ApiError. If the password was changed but the sign-in failed or needs a
   * second factor, the session has ended.
   */
  async changePassword(username: string, current: string, next: string): Promise<void> {
    const token = await this.#token();
    let rejection: Error | undefined;
    this.#refreshing = this.#exclusively(async () => {
      try {
        await this.#setPassword(token, current, next);
      } catch (error) {
        rejection = error instanceof Error ? error : unreachable();
        return token;
      }
      try {
        return this.#storeTokens(await this.#login(username, next));
      } catch (error) {
        this.end("password-changed");
        throw error;
      }
    }).finally(() => {
      this.#refreshing = undefined;
    });
    await this.#refreshing;
    if (rejection !== undefined) {
      throw rejection;
    }
  }

  /** End the session on this page immediately, and at the API if it responds. */
  async signOut(): Promise<void> {
    const token = this.#dependencies.tab.getItem(REFRESH_TOKEN);
    const wasSignedIn = this.#state.kind === "signed-in";
    const refreshing = this.#refreshing;
    this.end("sign-out");
    // A refresh in progress creates a token that has to be revoked, too.
    await refreshing?.catch(() => {});
    if (wasSignedIn) {
      await this.#post("auth/logout", token === null ? {} : { refresh_token: token }).catch(
        () => {},
      );
    }
  }

  /** Discard the session after it ended elsewhere, or before the caller ends it. */
  end(reason: Exclude<SignedOut, "no-session">): void {
    this.#endedSessions += 1;
    this.#access = undefined;
    this.#dependencies.tab.removeItem(REFRESH_TOKEN);
    this.#dependencies.shared.removeItem(SIGNED_IN);
    this.#setState({ kind: "signed-out", reason });
  }

  /**
   * Send a request with the access token. If the API rejects the token, renew it and send the
   * request once more. Rejects with ApiError without a response or after the session ended.
   */
  async fetch(request: Request): Promise<Response> {
    const again = request.clone();
    const token = await this.#token();
    const first = await this.#send(request, token);
    if (first.status !== 401 || !(await isTokenRejected(again, first))) {
      return first;
    }
    // Another call may have renewed it in the meantime.
    if (this.#access?.token === token) {
      this.#access = undefined;
    }
    return this.#send(again, await this.#token());
  }

  get #usesCookie(): boolean {
    return this.#dependencies.base === "";
  }

  #mayHaveSession(): boolean {
    const { tab, shared } = this.#dependencies;
    return (this.#usesCookie ? shared.getItem(SIGNED_IN) : tab.getItem(REFRESH_TOKEN)) !== null;
  }

  async #token(): Promise<string> {
    const access = this.#access;
    const good = access !== undefined && access.until - EXPIRY_MARGIN > this.#dependencies.now();
    return good && this.#refreshing === undefined ? access.token : this.#refresh();
  }

  /** Refresh once for all waiting calls, and in one tab at a time: a refresh token works once. */
  #refresh(): Promise<string> {
    this.#refreshing ??= this.#exclusively(() => this.#renew()).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #exclusively(job: () => Promise<string>): Promise<string> {
    const { locks } = this.#dependencies;
    return locks === undefined ? job() : locks.request(LOCK, job);
  }

  async #renew(): Promise<string> {
    const before = this.#endedSessions;
    await this.#awaitAbandonedRefresh();
    const token = this.#dependencies.tab.getItem(REFRESH_TOKEN);
    try {
      const body = this.#usesCookie ? {} : { refresh_token: token };
      const issued = await this.#postRefresh(body);
      if (this.#endedSessions !== before) {
        throw new ApiError("You have signed out.", { status: 0, code: "signed_out" });
      }
      return this.#storeTokens(issued);
    } catch (error) {
      if (error instanceof ApiError && error.status >= 400 && error.status < 429) {
        this.end("expired");
      }
      throw error;
    }
  }

  /**
   * Wait for the response to a refresh that a closed page started. The browser still stores its
   * cookie, and the current refresh token is already used.
   */
  async #awaitAbandonedRefresh(): Promise<void> {
    const noted = this.#dependencies.shared.getItem(REFRESHING);
    const wait = Number(noted) + REFRESH_TIMEOUT - this.#dependencies.now();
    if (
      this.#usesCookie &&
      noted !== this.#refreshStartedAt &&
      wait > 0 &&
      wait <= REFRESH_TIMEOUT
    ) {
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  async #postRefresh(body: unknown): Promise<IssuedTokens> {
    const { shared, now } = this.#dependencies;
    this.#refreshStartedAt = String(now());
    shared.setItem(REFRESHING, this.#refreshStartedAt);
    try {
      const issued = await this.#post("auth/refresh", body);
      shared.removeItem(REFRESHING);
      return issued;
    } catch (error) {
      // Without a response, the refresh may still succeed: a page that is being closed sees it fail
      // immediately.
      if (error instanceof ApiError && error.status > 0) {
        shared.removeItem(REFRESHING);
      }
      throw error;
    }
  }

  async #login(username: string, password: string): Promise<IssuedTokens> {
    return this.#post("auth/login", { username, password, session: this.kind });
  }

  async #setPassword(token: string, current: string, next: string): Promise<void> {
    const body = { current_password: current, new_password: next };
    await this.#post("me/password", body, token);
  }

  #storeTokens(issued: IssuedTokens): string {
    this.#access = {
      token: issued.access_token,
      until: this.#dependencies.now() + issued.expires_in * 1000,
    };
    if (issued.refresh_token !== undefined) {
      this.#dependencies.tab.setItem(REFRESH_TOKEN, issued.refresh_token);
    }
    this.#dependencies.shared.setItem(SIGNED_IN, "yes");
    this.#setState({ kind: "signed-in" });
    return issued.access_token;
  }

  /** POST to a path under `/api`, with an access token if given. Rejects with ApiError. */
  async #post(call: string, body: unknown, token?: string): Promise<IssuedTokens> {
    const request = new Request(
      new URL(`${this.#dependencies.base}/api/${call}`, this.#dependencies.page),
      {
        method: "POST",
        headers: {
          "Content-Type": "application/json",
          ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: JSON.stringify(body),
        // Finish the request even if the page is closed, or the response's cookie would be lost.
        keepalive: true,
      },
    );
    const response = await this.#fetchOrThrow(request);
    const answer: unknown = response.status === 204 ? {} : await response.json().catch(() => null);
    if (!response.ok) {
      throw errorFromResponse(response, answer);
    }
    return answer as IssuedTokens;
  }

  #send(request: Request, token: string): Promise<Response> {
    const headers = new Headers(request.headers);
    headers.set("Authorization", `Bearer ${token}`);
    return this.#fetchOrThrow(new Request(request, { headers }));
  }

  async #fetchOrThrow(request: Request): Promise<Response> {
    try {
      return await this.#dependencies.fetch(request);
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") {
        throw error;
      }
      throw unreachable();
    }
  }

  #setState(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/**
 * Whether the API rejected the access token. A 401 from a proxied API says nothing about the
 * session.
 */
async function isTokenRejected(request: Request, response: Response): Promise<boolean> {
  // An upstream can imitate a problem document, but its responses never have Proxy-Status
  // (docs/api.md).
  const proxied = new URL(request.url).pathname.startsWith("/proxy/");
  if (proxied && !response.headers.has("proxy-status")) {
    return false;
  }
  if (!(response.headers.get("content-type") ?? "").includes("problem+json")) {
    return false;
  }
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return errorFromResponse(response, body).code === "authentication_required";
}
