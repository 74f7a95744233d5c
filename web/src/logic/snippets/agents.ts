import {
  apiUrl,
  openaiUrl,
  type ProxyAddresses,
  sdkToken,
  sdkUrl,
  type SnippetApi,
} from "./api-snippets";
import { shellWord } from "./quoting";

/** How an agent calls an API of a provider, or any API like OpenAI's if `provider` is null. */
export interface AgentConnection {
  readonly provider: string | null;
  /** The command that starts the agent with a token of its own, with `{api_name}`. */
  readonly run: string;
  /** Lines that do the same by hand, with placeholders for URLs and token. */
  readonly snippets: readonly AgentSnippet[];
  /** What to enter in an editor's settings, with the same placeholders. */
  readonly settings: readonly EditorSetting[];
  readonly note: string;
}

/** Text of a terminal, or of a file. */
export interface AgentSnippet {
  readonly language: string;
  readonly text: string;
  /** Where it belongs; null for a terminal. */
  readonly file: string | null;
}

/** One field of an editor's settings. */
export interface EditorSetting {
  readonly name: string;
  readonly value: string;
}

/** A coding agent that `run` starts, or an editor whose settings are entered by hand. */
export interface Agent {
  readonly name: string;
  readonly title: string;
  readonly kind: "command" | "editor";
  readonly install: { readonly line: string };
  readonly docs: string;
  /** The APIs that it can call, the preferred one first. */
  readonly connections: readonly AgentConnection[];
}

/** An agent that can call an API, and how. */
export interface ConnectedAgent {
  readonly agent: Agent;
  readonly connection: AgentConnection;
}

/**
 * The agents of a kind that can call an API. Commands begin with those that prefer it to other APIs,
 * and of these with the ones that can call the fewest.
 */
export function agentsFor(
  agents: readonly Agent[],
  kind: Agent["kind"],
  api: SnippetApi,
): readonly ConnectedAgent[] {
  const rank = ({ agent, connection }: ConnectedAgent) =>
    connection.provider === null ? Infinity : agent.connections.indexOf(connection);
  const found = agents
    .filter((agent) => agent.kind === kind)
    .map((agent) => ({ agent, connection: connectionFor(agent, api) }))
    .filter((each): each is ConnectedAgent => each.connection !== undefined);
  return kind === "editor"
    ? found
    : found.sort((one, other) => {
        const [a, b] = [rank(one), rank(other)];
        return a === b ? one.agent.connections.length - other.agent.connections.length : a - b;
      });
}

function connectionFor(agent: Agent, api: SnippetApi): AgentConnection | undefined {
  const slug = api.provider?.slug;
  const compatible = (api.provider?.openai_path ?? null) !== null;
  return (
    agent.connections.find(({ provider }) => provider !== null && provider === slug) ??
    (compatible ? agent.connections.find(({ provider }) => provider === null) : undefined)
  );
}

/** The command that signs the command line in. `address` is the dashboard's URL. */
export function loginLine(address: string): string {
  return `api-dashboard login ${shellWord(address)}`;
}

/** The command that starts an agent, or a script if there is none, with a token of its own. */
export function runLine(apiName: string, chosen: ConnectedAgent | undefined): string {
  const line = chosen?.connection.run ?? "api-dashboard run --api {api_name} -- python script.py";
  return fill(line, { api_name: shellWord(apiName) });
}

/** What takes the place of an agent's placeholders. */
function valuesOf(
  addresses: ProxyAddresses,
  api: SnippetApi,
  token: string,
): Readonly<Record<string, string>> {
  const base = sdkUrl(addresses, api);
  return {
    token: sdkToken(api, token),
    api_name: api.apiName,
    api_url: apiUrl(addresses, api.apiName),
    base_url: base,
    openai_url: openaiUrl(addresses, api) ?? base,
  };
}

/** What to enter in an editor's settings. */
export function editorSettings(
  { connection }: ConnectedAgent,
  addresses: ProxyAddresses,
  api: SnippetApi,
  token: string,
): readonly EditorSetting[] {
  const values = valuesOf(addresses, api, token);
  return connection.settings.map(({ name, value }) => ({ name, value: fill(value, values) }));
}

/** The lines that set an agent or editor up without `run`. */
export function manualSnippets(
  { connection }: ConnectedAgent,
  addresses: ProxyAddresses,
  api: SnippetApi,
  token: string,
): readonly AgentSnippet[] {
  const values = valuesOf(addresses, api, token);
  const words = Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, shellWord(value)]),
  );
  return connection.snippets.map(({ language, file, text }) => ({
    language,
    file,
    text: fill(text, language === "sh" ? words : values).trimEnd(),
  }));
}

function fill(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{([a-z_]+)\}/g, (whole, name: string) => values[name] ?? whole);
}
