import type { SuggestedApi } from "../keys/api-names";

/** The part of a request that its explanation needs. */
export interface ExplainableRequest {
  readonly status: number;
  /** The problem code, if the dashboard caused the response. */
  readonly problem: string | null;
  readonly api_name: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly token_id: string | null;
  readonly key_id: string | null;
  /** Rejected by simulated rate limiting: the API was not called. */
  readonly rehearsed?: boolean;
  /** When the request arrived, in epoch seconds, if known. */
  readonly at?: number;
  /** The API that the name was probably meant for. */
  readonly suggestion?: SuggestedApi | undefined;
}

/** A page where the user can fix the problem. */
export type SuggestedAction =
  | "key"
  | "keys"
  | "new-key"
  | "limit"
  | "budget"
  | "prices"
  | "token"
  | "new-token"
  | "setup"
  | "playground"
  | "simulated-limits"
  | "later-requests";

export interface Explanation {
  /** Who caused the failure: the API, the dashboard, the caller, a simulation, or nobody. */
  readonly responsibility: "api" | "dashboard" | "caller" | "simulation" | "nobody";
  readonly title: string;
  /** What happened, in one or two sentences. */
  readonly summary: string;
  /** What to do about it; empty if there is nothing to do. */
  readonly advice: string;
  readonly actions: readonly SuggestedAction[];
  /** Whether it resolves itself when the API's limit resets. */
  readonly resets: boolean;
}
