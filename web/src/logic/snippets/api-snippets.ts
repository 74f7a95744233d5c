import { quoteEnvValue, quoteJavaScript, quotePython, quoteShell, toVariableName } from "./quoting";

/** Stands for the token where none can be shown. */
export const TOKEN_PLACEHOLDER = "<your token>";

/** The API that a snippet calls. */
export interface SnippetApi {
  readonly apiName: string;
  /** The base URL of its first key. */
  readonly baseUrl: string;
  /** Its catalogue entry, if any. */
  readonly provider: SnippetProvider | undefined;
}

/** The part of a catalogue entry that snippets need. */
export interface SnippetProvider {
  readonly slug: string;
  readonly name: string;
  /** What SDKs expect after `/proxy/{api_name}`. */
  readonly sdk_path: string;
  /** What clients of OpenAI's API expect there; null if the API is not compatible. */
  readonly openai_path: string | null;
  /** The usual variables `key` and `base_url`, the most common first. */
  readonly env: { readonly [kind: string]: readonly string[] };
  /** Path and query of a harmless GET relative to the base URL, and its headers. */
  readonly check_path: string | null;
  readonly check_headers: { readonly [name: string]: string };
  /** What stands before a token where an SDK checks the form of keys. */
  readonly token_prefix: string;
}

/** An official SDK. `setup` has placeholders for the token and the URLs. */
export interface Sdk {
  readonly language: "python" | "javascript";
  readonly package: string;
  readonly setup: string;
  /** What takes the base URL: an argument, a method or an environment variable. */
  readonly argument: string;
  readonly evidence: "run" | "source" | "documentation";
  /** The framework that the code belongs to; absent or null for an official SDK. */
  readonly framework?: string | null;
}

/** The URLs under which APIs are called. */
export interface ProxyAddresses {
  /** Append `/{api_name}` to call an API; no trailing `/`. */
  readonly proxy: string;
  /** The same without the CDN, which ends silent calls after 120 s; absent without a CDN. */
  readonly direct?: string;
  /** By API name: the API hosts that need no path prefix. */
  readonly roots: { readonly [apiName: string]: string };
}

/** What a token may call; an empty list allows everything. */
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

/** What a path that begins with `/proxy/` is appended to. */
export function proxyOrigin(proxy: string): string {
  return proxy.replace(/\/proxy$/, "");
}

/** The base URL for SDKs, without repeating what the key's base URL contains. */
export function sdkUrl(addresses: ProxyAddresses, api: SnippetApi): string {
  return apiUrl(addresses, api.apiName) + missingPath(api.baseUrl, api.provider?.sdk_path ?? "");
}

/** The base URL for responses that pause for longer than the CDN waits; undefined without a CDN. */
export function directUrl(addresses: ProxyAddresses, api: SnippetApi): string | undefined {
  const { direct } = addresses;
  return direct === undefined ? undefined : sdkUrl({ ...addresses, proxy: direct }, api);
}

/** The base URL for clients of OpenAI's API; undefined if the API is not compatible. */
export function openaiUrl(addresses: ProxyAddresses, api: SnippetApi): string | undefined {
  const path = api.provider?.openai_path ?? undefined;
  return path === undefined
    ? undefined
    : apiUrl(addresses, api.apiName) + missingPath(api.baseUrl, path);
}

/** What `path` adds to a base URL that may end with it. A final `/` stays: see provider.py. */
function missingPath(baseUrl: string, path: string): string {
  const start = path.replace(/\/+$/, "");
  return start !== "" && baseUrl.endsWith(start) ? path.slice(start.length) : path;
}

/** A call that the token may make: the provider's test request if it is allowed. */
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

/** Whether a path, with or without a query, is below a prefix of whole segments. */
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
    // curl would interpret brackets and braces in a URL.
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

/** A token in the form that the API's SDKs accept. */
export function sdkToken(api: SnippetApi, token: string): string {
  return (api.provider?.token_prefix ?? "") + token;
}

/** The setup code of an official SDK; undefined if it needs an API host that does not exist. */
export function sdkSetup(
  sdk: Sdk,
  addresses: ProxyAddresses,
  api: SnippetApi,
  token: string,
): string | undefined {
  const root = addresses.roots[api.apiName];
  const parts = root === undefined ? undefined : new URL(root);
  const values: Readonly<Record<string, string | undefined>> = {
    token: sdkToken(api, token),
    base_url: sdkUrl(addresses, api),
    api_url: apiUrl(addresses, api.apiName),
    root_host: parts?.hostname,
    root_port: parts?.port,
  };
  const lacking = Object.entries(values).some(
    ([name, value]) => !value && sdk.setup.includes(`{${name}}`),
  );
  if (lacking) {
    return undefined;
  }
  const code = parts?.protocol === "https:" ? overHttps(sdk.setup) : sdk.setup;
  // The placeholders are inside quoted strings of the setup.
  return code.replace(/\{(token|base_url|api_url|root_host|root_port)\}/g, (_, name: string) =>
    quoteJavaScript(values[name] ?? "").slice(1, -1),
  );
}

/** Setup code for an API host with HTTPS; the catalogue's is for HTTP. */
function overHttps(setup: string): string {
  return setup
    .replaceAll("http://{root_host}", "https://{root_host}")
    .replace('protocol: "http"', 'protocol: "https"')
    .replace("useHttps: false", "useHttps: true");
}

/**
 * The environment variables of an API, and whether an SDK reads the base URL from its variable.
 */
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

/** Shell commands that set the variables. */
export function shellExports(addresses: ProxyAddresses, api: SnippetApi, token: string): string {
  const { key, baseUrl } = envVariables(api);
  return [
    `export ${key}=${quoteShell(sdkToken(api, token))}`,
    `export ${baseUrl}=${quoteShell(sdkUrl(addresses, api))}`,
  ].join("\n");
}

/** The lines of a `.env` file. */
export function envLines(addresses: ProxyAddresses, api: SnippetApi, token: string): string {
  const { key, baseUrl, readBySdk } = envVariables(api);
  return [
    `${key}=${quoteEnvValue(sdkToken(api, token))}`,
    ...(readBySdk ? [] : ["# No SDK reads this variable: pass it to your client as the base URL."]),
    `${baseUrl}=${quoteEnvValue(sdkUrl(addresses, api))}`,
  ].join("\n");
}
