import type { Config } from "./config";

/** What `GET /api/status` said, in a sentence for people. */
export interface Status {
  readonly state: "up" | "down";
  readonly text: string;
}

/** Asks the API for its status; no answer is a status too, so it never rejects. */
export async function readStatus(config: Config): Promise<Status> {
  try {
    const response = await fetch(`${config.api}/api/status`, { cache: "no-store" });
    if (response.ok) {
      return { state: "up", text: "The API is up." };
    }
    return { state: "down", text: `The API is in trouble: it answered ${response.status}.` };
  } catch {
    return { state: "down", text: "The API does not answer. Reload the page to ask again." };
  }
}
