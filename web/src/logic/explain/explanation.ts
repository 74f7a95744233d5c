import type { SuggestedApi } from "../keys/api-names";

/** As much of a request as is needed to explain it. */
export interface ExplainableRequest {
  readonly status: number;
  /** The code of the dashboard's own problem, if it was one. */
  readonly problem: string | null;
  readonly api_name: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly token_id: string | null;
  readonly key_id: string | null;
  /** A rehearsal refused it: the API was not asked. */
  readonly rehearsed?: boolean;
  /** When it came, where that is known; epoch seconds. */
  readonly at?: number;
  /** What the API's name should have been, where that can be told. */
  readonly suggestion?: SuggestedApi | undefined;
}

/** Where something can be done about it. */
export type SuggestedAction =
  | "key"
  | "keys"
  | "new-key"
  | "limit"
  | "token"
  | "new-token"
  | "playground"
  | "rehearsal"
  | "afterwards";

export interface Explanation {
  /** Who refused or failed: the API called, the dashboard, whoever called, a rehearsal; or nobody. */
  readonly responsibility: "api" | "dashboard" | "caller" | "rehearsal" | "nobody";
  readonly title: string;
  /** What happened, in a sentence or two. */
  readonly summary: string;
  /** What to do about it; empty where there is nothing to do. */
  readonly advice: string;
  readonly actions: readonly SuggestedAction[];
  /** It passes by itself when the API's limit begins anew. */
  readonly resets: boolean;
}
