import { ApiError, errorFromResponse, unreachable } from "./problem";

export type SessionState =
  /** Not known yet: the API is being asked, or did not answer (`failed`). */
  | { readonly kind: "unknown"; readonly failed: boolean }
  | { readonly kind: "signed-out"; readonly reason: "no-session" | "sign-out" | "expired" }
  | { readonly kind: "signed-in" };

/** What a session needs of the browser. */
export interface SessionDependencies {
  /** The API's address; empty where it shares the pages' origin. */
  readonly base: string;
  /** The pages' own address. */
  readonly page: string;
  readonly fetch: (request: Request) => Promise<Response>;
  /** Where the refresh token is kept when no cookie can hold it: for one tab. */
  readonly tab: Storage;
  /** Where all tabs see whether somebody is signed in; never holds a token. */
  readonly shared: Storage;
  /** Absent where the page is not served securely. */
  readonly locks: LockManager | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

interface IssuedTokens {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
}

const REFRESH_TOKEN = "api-dashboard.refresh-token";
export const SIGNED_IN = "api-dashboard.signed-in";
const LOCK = "api-dashboard.refresh";
/** Since when (milliseconds since the epoch) a page is refreshing; left behind by one that is gone. */
export const REFRESHING = "api-dashboard.refreshing";
// Milliseconds after which the answer to a refresh is taken for arrived, whoever asked for it.
const REFRESH_TIMEOUT = 2_000;
// An access token that ends within this time is renewed before it is used; milliseconds.
const EXPIRY_MARGIN = 15_000;

/**
 * Who is signed in. The access token is kept in memory alone. Where pages and API share an origin
 * the refresh token is a cookie that scripts cannot read (S34); elsewhere it is kept for the tab.
 */
export class Session {
  #state: SessionState = { kind: "unknown", failed: false };
  #access: { readonly token: string; readonly until: number } | undefined;
  #refreshing: Promise<string> | undefined;
  // What this page last noted of its own refresh.
  #refreshStartedAt: string | undefined;
  // Counts the sessions that have ended here: an answer that was asked for before is of no use.
  #endedSessions = 0;
  readonly #listeners = new Set<() => void>();
  readonly #dependencies: SessionDependencies;

  constructor(parts: SessionDependencies) {
    this.#dependencies = parts;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Calls `listener` after each change of state; the result ends that. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Goes on with the session that this browser had, if it had one. */
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

  /** Raises ApiError. */
  async signIn(username: string, password: string): Promise<void> {
    this.#storeTokens(await this.#login(username, password));
  }

  /**
   * Sets a new password, which ends every session, and goes on with a new one. Other calls and other
   * tabs wait meanwhile. Rejects with ApiError; when the password was changed but signing in failed,
   * the session has ended.
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
        this.end("expired");
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

  /** Ends the session here at once, and at the API if it answers. */
  async signOut(): Promise<void> {
    const token = this.#dependencies.tab.getItem(REFRESH_TOKEN);
    const wasSignedIn = this.#state.kind === "signed-in";
    const refreshing = this.#refreshing;
    this.end("sign-out");
    // What a refresh under way brings has to be there to be ended.
    await refreshing?.catch(() => {});
    if (wasSignedIn) {
      await this.#post("auth/logout", token === null ? {} : { refresh_token: token }).catch(
        () => {},
      );
    }
  }

  /** Forgets the session, which has ended elsewhere or is ended by the caller. */
  end(reason: "sign-out" | "expired"): void {
    this.#endedSessions += 1;
    this.#access = undefined;
    this.#dependencies.tab.removeItem(REFRESH_TOKEN);
    this.#dependencies.shared.removeItem(SIGNED_IN);
    this.#setState({ kind: "signed-out", reason });
  }

  /**
   * Sends a request with the access token; with a new one once more when the API did not take it.
   * Rejects with ApiError when there is no answer or the session has ended.
   */
  async fetch(request: Request): Promise<Response> {
    const again = request.clone();
    const token = await this.#token();
    const first = await this.#send(request, token);
    if (first.status !== 401 || !(await isTokenRejected(again, first))) {
      return first;
    }
    // Another call may have got a new one meanwhile.
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

  /** One refresh for all that wait for it, and one tab at a time: a refresh token works once. */
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
   * Waits for the answer to the refresh of a page that was left meanwhile: the browser still takes
   * its cookie, and what this page would send before is used up.
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
      // Without an answer it may still be on its way: a page that is left sees it fail at once.
      if (error instanceof ApiError && error.status > 0) {
        shared.removeItem(REFRESHING);
      }
      throw error;
    }
  }

  async #login(username: string, password: string): Promise<IssuedTokens> {
    const session = this.#usesCookie ? "cookie" : "token";
    return this.#post("auth/login", { username, password, session });
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

  /** The answer of a call under `/api`; with `token` it carries that. Rejects with ApiError. */
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
        // A page that is left goes on with it, or the cookie of the answer would be lost.
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

/** Whether a 401 is ours: a proxied API's own 401 says nothing of the session. */
async function isTokenRejected(request: Request, response: Response): Promise<boolean> {
  // An upstream may write what it likes into its body, but never has a Proxy-Status (docs/api.md).
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
