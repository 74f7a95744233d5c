import { codeString, envValue, shellWord, variableName } from "./quoting";

/** What stands for the token where there is none to show. */
export const PLACEHOLDER = "<your token>";

/** The API that a snippet calls. */
export interface SnippetApi {
  readonly apiName: string;
  /** The base URL of its key. */
  readonly baseUrl: string;
  /** Its entry in the catalogue, if it has one. */
  readonly provider: SnippetProvider | undefined;
}

export interface SnippetProvider {
  readonly name: string;
  /** What SDKs want behind `/proxy/{api_name}`. */
  readonly sdk_path: string;
  /** The usual variables: `key` and `base_url`, the first ones first. */
  readonly env: { readonly [kind: string]: readonly string[] };
}

/** A call that the token may make. */
export interface SnippetCall {
  readonly method: string;
  /** Begins with `/`. */
  readonly path: string;
}

/** What a token may do; no methods or prefixes means all. */
export interface SnippetScope {
  readonly methods: readonly string[];
  readonly path_prefixes: readonly string[];
}

/** The proxy's address of an API. `address` is the dashboard's, without a `/` at the end. */
export function proxyUrl(address: string, apiName: string): string {
  return `${address}/proxy/${encodeURIComponent(apiName)}`;
}

/** The base URL that the official SDK wants; what the key's own base URL carries is in it already. */
export function sdkUrl(address: string, api: SnippetApi): string {
  const path = api.provider?.sdk_path ?? "";
  const stored = path !== "" && api.baseUrl.endsWith(path.replace(/\/+$/, ""));
  return proxyUrl(address, api.apiName) + (stored ? "" : path);
}

/** A call within what a token may do, to try it with. */
export function callWithin(scope: SnippetScope): SnippetCall {
  const { methods, path_prefixes: prefixes } = scope;
  const method = methods.length === 0 || methods.includes("GET") ? "GET" : (methods[0] ?? "GET");
  return { method, path: prefixes[0] ?? "/" };
}

/** The variables of an API, and whether an SDK reads the base URL's by itself. */
export interface Variables {
  readonly key: string;
  readonly baseUrl: string;
  readonly readBySdk: boolean;
}

export function variablesOf(api: SnippetApi): Variables {
  const own = variableName(api.apiName);
  const baseUrl = api.provider?.env["base_url"]?.[0];
  return {
    key: api.provider?.env["key"]?.[0] ?? `${own}_API_KEY`,
    baseUrl: baseUrl ?? `${own}_BASE_URL`,
    readBySdk: baseUrl !== undefined,
  };
}

export function curl(url: string, token: string, { method, path }: SnippetCall): string {
  const command = method === "HEAD" ? "curl -I" : method === "GET" ? "curl" : `curl -X ${method}`;
  return `${command} ${shellWord(url + path)} \\\n  -H ${shellWord(`Authorization: Bearer ${token}`)}`;
}

export function python(url: string, token: string, { method, path }: SnippetCall): string {
  return [
    "import requests",
    "",
    "response = requests.request(",
    `    ${codeString(method)},`,
    `    ${codeString(url + path)},`,
    `    headers={"Authorization": ${codeString(`Bearer ${token}`)}},`,
    "    timeout=30,",
    ")",
    "print(response.status_code, response.text)",
  ].join("\n");
}

export function javascript(url: string, token: string, { method, path }: SnippetCall): string {
  return [
    `const response = await fetch(${codeString(url + path)}, {`,
    ...(method === "GET" ? [] : [`  method: ${codeString(method)},`]),
    `  headers: { Authorization: ${codeString(`Bearer ${token}`)} },`,
    "});",
    "console.log(response.status, await response.text());",
  ].join("\n");
}

/** The variables for a shell: an SDK that reads them needs nothing else. */
export function shellExports(address: string, token: string, api: SnippetApi): string {
  const { key, baseUrl } = variablesOf(api);
  return [
    `export ${key}=${shellWord(token)}`,
    `export ${baseUrl}=${shellWord(sdkUrl(address, api))}`,
  ].join("\n");
}

/** The lines of a `.env` file, for one API or several. */
export function envLines(address: string, token: string, apis: readonly SnippetApi[]): string {
  return apis
    .map((api) => {
      const { key, baseUrl, readBySdk } = variablesOf(api);
      return [
        `${key}=${envValue(token)}`,
        ...(readBySdk ? [] : ["# No SDK reads this by itself: pass it on as the base URL."]),
        `${baseUrl}=${envValue(sdkUrl(address, api))}`,
      ].join("\n");
    })
    .join("\n\n");
}
