import { useAddresses } from "../data/addresses";
import { useAgents } from "../data/agents";
import { useProvider } from "../data/providers";
import { agentsFor } from "../logic/snippets/agents";
import {
  apiUrl,
  curlSnippet,
  directUrl,
  envLines,
  envVariables,
  openaiUrl,
  type ProxyAddresses,
  sampleCall,
  sdkUrl,
  shellExports,
  type SnippetApi,
  type SnippetScope,
  TOKEN_PLACEHOLDER,
} from "../logic/snippets/api-snippets";
import { sdkChoices } from "../logic/snippets/sdk-choices";
import { AgentSetups } from "./agent-setup";
import { Code } from "./code";
import { useChoice } from "./query-params";
import { Skeleton } from "./query-state";
import { SdkCode } from "./sdk-code";
import { Segmented } from "./segmented";

/** The kinds of clients that there are lines for. */
export type SnippetKind =
  "shell" | "env" | "python" | "javascript" | "frameworks" | "agents" | "editors" | "curl";

const KINDS = [
  ["shell", "Shell"],
  ["env", ".env"],
  ["python", "Python"],
  ["javascript", "JavaScript"],
  ["frameworks", "Frameworks"],
  ["agents", "Agents"],
  ["editors", "Editors"],
  ["curl", "curl"],
] as const;

const EVERYTHING: SnippetScope = { methods: [], path_prefixes: [] };

/** Lines that call an API through the proxy, with a placeholder if there is no token. */
export function Snippets({
  api,
  token = TOKEN_PLACEHOLDER,
  scope = EVERYTHING,
  first = api.provider === undefined ? "curl" : "shell",
  kinds,
  param,
  addressHints = true,
  onCopied,
}: {
  api: SnippetApi;
  token?: string;
  scope?: SnippetScope;
  /** The kind shown first. */
  first?: SnippetKind;
  /** The kinds to choose from; all that the API has by default. */
  kinds?: readonly SnippetKind[];
  /** The query parameter for the chosen kind, if it is part of the URL. */
  param?: string;
  /** Name the base URLs that some clients need instead of the usual one. */
  addressHints?: boolean;
  onCopied?: () => void;
}) {
  const addresses = useAddresses();
  const known = useAgents();
  const catalogued = useProvider(api.provider?.slug);
  const [chosen, choose] = useChoice(param);
  const sdks = catalogued.data?.sdks ?? [];
  const frameworks = sdkChoices(sdks, "frameworks");
  const agents = agentsFor(known, "command", api);
  const editors = agentsFor(known, "editor", api);
  const lacking = new Set<SnippetKind>([
    ...(frameworks.length === 0 ? (["frameworks"] as const) : []),
    ...(agents.length === 0 ? (["agents"] as const) : []),
    ...(editors.length === 0 ? (["editors"] as const) : []),
  ]);
  const offered = KINDS.filter(
    ([value]) => !lacking.has(value) && (kinds === undefined || kinds.includes(value)),
  );
  const kind = offered.find(([value]) => value === chosen)?.[0] ?? first;
  const common = { api, token, param: param && `${param}-of`, onCopied };
  return (
    <div class="stack tight">
      {offered.length > 1 && (
        <div class="table-scroll">
          <Segmented label="Client" value={kind} options={offered} onValue={choose} />
        </div>
      )}
      {kind === "python" || kind === "javascript" || kind === "frameworks" ? (
        catalogued.isLoading ? (
          <Skeleton />
        ) : (
          <SdkCode
            key={kind}
            {...common}
            kind={kind}
            scope={scope}
            choices={kind === "frameworks" ? frameworks : sdkChoices(sdks, kind)}
          />
        )
      ) : kind === "agents" || kind === "editors" ? (
        <AgentSetups key={kind} {...common} connected={kind === "agents" ? agents : editors} />
      ) : (
        <PlainLines kind={kind} api={api} token={token} scope={scope} onCopied={onCopied} />
      )}
      {addressHints && <OtherAddresses addresses={addresses} api={api} />}
    </div>
  );
}

/** Base URLs that some clients need instead of the usual one. */
function OtherAddresses({ addresses, api }: { addresses: ProxyAddresses; api: SnippetApi }) {
  const openai = openaiUrl(addresses, api);
  const direct = directUrl(addresses, api);
  return (
    <>
      {openai !== undefined && openai !== sdkUrl(addresses, api) && (
        <p class="hint break">
          Clients of OpenAI's API need the base URL <code>{openai}</code>.
        </p>
      )}
      {direct !== undefined && (
        <p class="hint break">
          If responses pause for more than 120 seconds, use the base URL <code>{direct}</code>.
        </p>
      )}
    </>
  );
}

/** Variables of a shell or a `.env` file, or a request of curl. */
function PlainLines({
  kind,
  api,
  token,
  scope,
  onCopied,
}: {
  kind: "shell" | "env" | "curl";
  api: SnippetApi;
  token: string;
  scope: SnippetScope;
  onCopied: (() => void) | undefined;
}) {
  const addresses = useAddresses();
  switch (kind) {
    case "shell":
    case "env":
      return (
        <>
          <Code
            text={
              kind === "env" ? envLines(addresses, api, token) : shellExports(addresses, api, token)
            }
            label={kind === "env" ? ".env" : "Environment variables"}
            onCopied={onCopied}
          />
          <p class="hint break">{variablesHint(addresses, api)}</p>
        </>
      );
    case "curl":
      return (
        <>
          <Code
            text={curlSnippet(sampleCall(addresses, api, scope), token)}
            label="curl"
            onCopied={onCopied}
          />
          <p class="hint break">
            Append any path of the API to {apiUrl(addresses, api.apiName)}. You can also send the
            token wherever the API expects its own key.
          </p>
        </>
      );
  }
}

function variablesHint(addresses: ProxyAddresses, api: SnippetApi): string {
  const { key, baseUrl, readBySdk } = envVariables(api);
  return readBySdk
    ? `${api.provider?.name ?? "The"} SDKs read ${key} and ${baseUrl} automatically, so your code stays the same.`
    : `Configure your client with the token instead of the key and with ${sdkUrl(addresses, api)} as its base URL.`;
}
