import { Session } from "./session";

export const HOUR = 3_600_000;
export const PAGE = "https://dashboard.example/keys";

/** A browser's storage, in memory. */
export class MemoryStorage implements Storage {
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

/** The session endpoints of the API for one user. Accepts only the tokens that it issued itself. */
export class FakeApi {
  readonly calls: string[] = [];
  /** The response to requests that are not about the session. */
  respond: (request: Request) => Response | Promise<Response> = () => Response.json({ ok: true });
  /** A promise that the response waits for. */
  hold: (request: Request) => Promise<void> | undefined = () => undefined;
  down = false;
  password = "correct horse";
  refusesPasswords = false;
  #issued = 0;
  #revoked = false;

  readonly fetch = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    this.calls.push(pathname);
    if (this.down) {
      throw new TypeError("fetch failed");
    }
    const response = await this.#respond(request, pathname);
    await this.hold(request);
    return response;
  };

  async #respond(request: Request, pathname: string): Promise<Response> {
    if (pathname === "/api/auth/logout") {
      this.#revoked = true;
      return new Response(null, { status: 204 });
    }
    if (pathname === "/api/auth/login" || pathname === "/api/auth/refresh") {
      return this.#issue(pathname, (await request.json()) as Record<string, unknown>);
    }
    if (request.headers.get("authorization") !== `Bearer access-${this.#issued}` || this.#revoked) {
      return problemResponse(401, "authentication_required");
    }
    if (pathname === "/api/me/password") {
      return this.#setPassword((await request.json()) as Record<string, unknown>);
    }
    return this.respond(request);
  }

  /** Ends the session, as signing out in another browser does. */
  end(): void {
    this.#revoked = true;
  }

  /** Rejects every access token issued so far. */
  forgetAccess(): void {
    this.#issued += 1;
  }

  count(path: string): number {
    return this.calls.filter((call) => call === path).length;
  }

  #issue(path: string, body: Record<string, unknown>): Response {
    if (path === "/api/auth/refresh") {
      if (this.#revoked) {
        return problemResponse(401, "invalid_refresh_token");
      }
    } else if (body["password"] !== this.password || this.refusesPasswords) {
      return problemResponse(401, "invalid_credentials");
    }
    this.#revoked = false;
    this.#issued += 1;
    const cookie = path.endsWith("login") ? body["session"] === "cookie" : !body["refresh_token"];
    return Response.json({
      access_token: `access-${this.#issued}`,
      expires_in: 900,
      token_type: "Bearer",
      ...(cookie ? {} : { refresh_token: `refresh-${this.#issued}` }),
    });
  }

  #setPassword(body: Record<string, unknown>): Response {
    if (body["current_password"] !== this.password) {
      return problemResponse(403, "wrong_password");
    }
    this.password = String(body["new_password"]);
    this.#revoked = true;
    return new Response(null, { status: 204 });
  }
}

/** A problem document (RFC 9457). */
export function problemResponse(
  status: number,
  code: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(JSON.stringify({ status, code, detail: code }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });
}

/** Opens a browser tab that talks to `api`. `base` is empty if pages and API share an origin. */
export function openTab(api: FakeApi, base = "") {
  const storages = { tab: new MemoryStorage(), shared: new MemoryStorage() };
  const clock = { now: 1_000_000 };
  const session = new Session({
    base,
    page: PAGE,
    fetch: api.fetch,
    ...storages,
    locks: undefined,
    now: () => clock.now,
  });
  return { session, clock, ...storages };
}

/** Opens a tab and signs in. */
export async function signedIn(base = "") {
  const api = new FakeApi();
  const parts = openTab(api, base);
  await parts.session.signIn("ada", api.password);
  return { api, ...parts };
}

/** A request of the dashboard's own pages. */
export function apiRequest(path = "/api/keys"): Request {
  return new Request(new URL(path, PAGE), { method: "POST", body: "{}" });
}
