/** The deployment's settings in `config.json`. */
export interface Config {
  /** The API's URL without a trailing `/`; empty if it shares the pages' origin. */
  readonly api: string;
}

const HERE: Config = { api: "" };

/**
 * Fetch the configuration. Without a file, the API shares the pages' origin. Rejects if the file is
 * invalid or cannot be fetched.
 */
export async function readConfig(): Promise<Config> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (response.status === 403 || response.status === 404) {
    return HERE;
  }
  const value: unknown = await response.json();
  if (typeof value !== "object" || value === null || !("api" in value)) {
    throw new Error("config.json has no member api.");
  }
  if (typeof value.api !== "string") {
    throw new Error("config.json: api is not a string.");
  }
  return { api: value.api };
}
