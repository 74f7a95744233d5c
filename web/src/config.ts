/** Where the API is, as the deployment wrote it into `config.json`. */
export interface Config {
  /** Its address without a `/` at the end; empty where it shares the pages' origin. */
  readonly api: string;
}

const HERE: Config = { api: "" };

/**
 * The configuration beside the pages; without one, the API shares their origin (one machine).
 * Rejects when the file is there but is not a configuration, or cannot be fetched.
 */
export async function readConfig(): Promise<Config> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (response.status === 403 || response.status === 404) {
    return HERE;
  }
  const value: unknown = await response.json();
  if (typeof value !== "object" || value === null || !("api" in value)) {
    throw new Error("config.json does not say where the API is.");
  }
  if (typeof value.api !== "string") {
    throw new Error("config.json: api is not a text.");
  }
  return { api: value.api };
}
