import { quoteEnvValue, quoteJavaScript, quotePython, quoteShell, toVariableName } from "./quoting";

/** What stands for the token where there is none to show. */
export const TOKEN_PLACEHOLDER = "<your token>";

/** The API that a snippet calls. */
export interface SnippetApi {
  readonly apiName: string;
  /** The base URL of its key. */
  readonly baseUrl: string;
  /** Its entry in the catalogue, if it has one. */
  readonly provider: SnippetProvider | undefined;
}

/** As much of a catalogue entry as snippets are made of. */
export interface SnippetProvider {
  readonly name: string;
  /** What SDKs want behind `/proxy/{api_name}`. */
  readonly sdk_path: string;
  /** The usual variables: `key` and `base_url`, the first ones first. */
  readonly env: { readonly [kind: string]: readonly string[] };
  readonly sdks: readonly Sdk[];
  /** Path and query of a GET that changes nothing, below its base URL, and what else it needs. */
  readonly check_path: string | null;
  readonly check_headers: { readonly [name: string]: string };
}

/** An official SDK; `setup` has placeholders for the token and the addresses. */
export interface Sdk {
  readonly language: "python" | "javascript";
  readonly package: string;
  readonly setup: string;
}

/** Where APIs are called. */
export interface ProxyAddresses {
  /** Its `/{api_name}` is an API; without a `/` at the end. */
  readonly proxy: string;
  /** By API name the addresses under which APIs are called without a path. */
  readonly roots: { readonly [apiName: string]: string };
}

/** What a token may do; no methods or prefixes means all. */
export interface SnippetScope {
  readonly methods: readonly string[];
  readonly path_prefixes: readonly string[];
}

/** A request to try the API with. */
export interface SampleCall {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

export function apiUrl({ proxy }: ProxyAddresses, apiName: string): string {
  return `${proxy}/${encodeURIComponent(apiName)}`;
}

/** The base URL that SDKs want; what the key's own base URL carries is in it already. */
export function sdkUrl(addresses: ProxyAddresses, api: SnippetApi): string {
  const path = api.provider?.sdk_path ?? "";
  const stored = path !== "" && api.baseUrl.endsWith(path.replace(/\/+$/, ""));
  return apiUrl(addresses, api.apiName) + (stored ? "" : path);
}

/** A call within what a token may do: the provider's harmless one where that is allowed. */
export function sampleCall(
  addresses: ProxyAddresses,
  api: SnippetApi,
  scope: SnippetScope,
): SampleCall {
  const { methods, path_prefixes: prefixes } = scope;
  const url = apiUrl(addresses, api.apiName);
  const { check_path: path, check_headers: headers } = api.provider ?? NO_PROVIDER;
  if (
    path !== null &&
    (methods.length === 0 || methods.includes("GET")) &&
    (prefixes.length === 0 || prefixes.some((prefix) => isBelow(path, prefix)))
  ) {
    return { method: "GET", url: url + path, headers: Object.entries(headers) };
  }
  const method = methods.length === 0 || methods.includes("GET") ? "GET" : (methods[0] ?? "GET");
  return { method, url: url + (prefixes[0] ?? "/"), headers: [] };
}

const NO_PROVIDER = { check_path: null, check_headers: {} };

/** Whether a path, perhaps with a query, is below a prefix, which ends at a segment. */
function isBelow(target: string, prefix: string): boolean {
  const [path = ""] = target.split("?");
  const start = prefix.replace(/\/+$/, "");
  return path === start || path.startsWith(`${start}/`);
}

export function curlSnippet({ method, url, headers }: SampleCall, token: string): string {
  const how = method === "HEAD" ? " --head" : method === "GET" ? "" : ` --request ${method}`;
  const fields = [["Authorization", `Bearer ${token}`] as const, ...headers];
  return [
    `curl${how} ${quoteShell(url)}`,
    ...fields.map(([name, value]) => `  --header ${quoteShell(`${name}: ${value}`)}`),
    // curl would take brackets and braces in an address for patterns of its own.
    ...(/[[\]{}]/.test(url) ? ["  --globoff"] : []),
  ].join(" \\\n");
}

export function pythonSnippet({ method, url, headers }: SampleCall, token: string): string {
  const fields = [["Authorization", `Bearer ${token}`] as const, ...headers];
  return [
    "import requests",
    "",
    "response = requests.request(",
    `    ${quotePython(method)},`,
    `    ${quotePython(url)},`,
    "    headers={",
    ...fields.map(([name, value]) => `        ${quotePython(name)}: ${quotePython(value)},`),
    "    },",
    "    timeout=60,",
    ")",
    "print(response.status_code, response.text)",
  ].join("\n");
}

export function javascriptSnippet({ method, url, headers }: SampleCall, token: string): string {
  const fields = [["Authorization", `Bearer ${token}`] as const, ...headers];
  return [
    `const response = await fetch(${quoteJavaScript(url)}, {`,
    `  method: ${quoteJavaScript(method)},`,
    "  headers: {",
    ...fields.map(([name, value]) => `    ${quoteJavaScript(name)}: ${quoteJavaScript(value)},`),
    "  },",
    "});",
    "console.log(response.status, await response.text());",
  ].join("\n");
}

/** The lines that set up an official SDK; undefined where it needs an address that there is not. */
export function sdkSetup(
  sdk: Sdk,
  addresses: ProxyAddresses,
  api: SnippetApi,
  token: string,
): string | undefined {
  const root = addresses.roots[api.apiName];
  const parts = root === undefined ? undefined : new URL(root);
  const values: Readonly<Record<string, string | undefined>> = {
    token,
    base_url: sdkUrl(addresses, api),
    root_host: parts?.hostname,
    root_port: parts?.port,
  };
  const lacking = Object.entries(values).some(
    ([name, value]) => !value && sdk.setup.includes(`{${name}}`),
  );
  if (lacking) {
    return undefined;
  }
  // They stand inside of strings, whose quotes are in the setup.
  return sdk.setup.replace(/\{(token|base_url|root_host|root_port)\}/g, (_, name: string) =>
    quoteJavaScript(values[name] ?? "").slice(1, -1),
  );
}

/** The variables of an API, and whether an SDK reads the base URL's by itself. */
export interface EnvVariables {
  readonly key: string;
  readonly baseUrl: string;
  readonly readBySdk: boolean;
}

export function envVariables(api: SnippetApi): EnvVariables {
  const own = toVariableName(api.apiName);
  const baseUrl = api.provider?.env["base_url"]?.[0];
  return {
    key: api.provider?.env["key"]?.[0] ?? `${own}_API_KEY`,
    baseUrl: baseUrl ?? `${own}_BASE_URL`,
    readBySdk: baseUrl !== undefined,
  };
}

/** The variables for a shell: an SDK that reads them needs nothing else. */
export function shellExports(addresses: ProxyAddresses, api: SnippetApi, token: string): string {
  const { key, baseUrl } = envVariables(api);
  return [
    `export ${key}=${quoteShell(token)}`,
    `export ${baseUrl}=${quoteShell(sdkUrl(addresses, api))}`,
  ].join("\n");
}

/** The lines of a `.env` file. */
export function envLines(addresses: ProxyAddresses, api: SnippetApi, token: string): string {
  const { key, baseUrl, readBySdk } = envVariables(api);
  return [
    `${key}=${quoteEnvValue(token)}`,
    ...(readBySdk ? [] : ["# No SDK reads this by itself: pass it on as the base URL."]),
    `${baseUrl}=${quoteEnvValue(sdkUrl(addresses, api))}`,
  ].join("\n");
}
