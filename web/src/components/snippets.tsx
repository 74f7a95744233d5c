import { useState } from "preact/hooks";
import { useAddresses } from "../data/addresses";
import {
  type ProxyAddresses,
  apiUrl,
  type SampleCall,
  sampleCall,
  curlSnippet,
  envLines,
  javascriptSnippet,
  TOKEN_PLACEHOLDER,
  pythonSnippet,
  sdkSetup,
  sdkUrl,
  shellExports,
  type SnippetApi,
  type SnippetScope,
  envVariables,
} from "../logic/snippets/api-snippets";
import { Code } from "./code";
import { Segmented } from "./segmented";

type Kind = "shell" | "env" | "curl" | "python" | "javascript";

const KINDS = [
  ["shell", "Shell"],
  ["env", ".env"],
  ["python", "Python"],
  ["javascript", "JavaScript"],
  ["curl", "curl"],
] as const;

const EVERYTHING: SnippetScope = { methods: [], path_prefixes: [] };

/** Code that calls an API through the proxy, with a placeholder if there is no token. */
export function Snippets({
  api,
  token = TOKEN_PLACEHOLDER,
  scope = EVERYTHING,
  first = api.provider === undefined ? "curl" : "shell",
  onCopied,
}: {
  api: SnippetApi;
  token?: string;
  scope?: SnippetScope;
  /** The language shown first. */
  first?: Kind;
  onCopied?: () => void;
}) {
  const addresses = useAddresses();
  const [chosen, setChosen] = useState<Kind>();
  const kind = chosen ?? first;
  const { label, text, hint } = snippetFor(kind, addresses, api, token, scope);
  return (
    <div class="stack tight">
      <div class="table-scroll">
        <Segmented label="Language" value={kind} options={KINDS} onValue={setChosen} />
      </div>
      <Code text={text} label={label} onCopied={onCopied} />
      <p class="hint break">{hint}</p>
    </div>
  );
}

interface Snippet {
  readonly label: string;
  readonly text: string;
  readonly hint: string;
}

function snippetFor(
  kind: Kind,
  addresses: ProxyAddresses,
  api: SnippetApi,
  token: string,
  scope: SnippetScope,
): Snippet {
  switch (kind) {
    case "shell":
      return {
        label: "Environment variables",
        text: shellExports(addresses, api, token),
        hint: variablesHint(addresses, api),
      };
    case "env":
      return {
        label: ".env",
        text: envLines(addresses, api, token),
        hint: variablesHint(addresses, api),
      };
    case "curl":
      return {
        label: "curl",
        text: curlSnippet(sampleCall(addresses, api, scope), token),
        hint: `Append any path of the API to ${apiUrl(addresses, api.apiName)}. You can also send the token wherever the API expects its own key.`,
      };
    case "python":
      return codeSnippet(
        "python",
        "Python with requests",
        pythonSnippet,
        addresses,
        api,
        token,
        scope,
      );
    case "javascript":
      return codeSnippet(
        "javascript",
        "JavaScript",
        javascriptSnippet,
        addresses,
        api,
        token,
        scope,
      );
  }
}

/** The official SDK's setup if it can be used, otherwise a plain request. */
function codeSnippet(
  language: "python" | "javascript",
  plain: string,
  write: (call: SampleCall, token: string) => string,
  addresses: ProxyAddresses,
  api: SnippetApi,
  token: string,
  scope: SnippetScope,
): Snippet {
  const sdk = api.provider?.sdks.find((one) => one.language === language);
  const setup = sdk && sdkSetup(sdk, addresses, api, token);
  if (sdk !== undefined && setup !== undefined) {
    return {
      label: `${sdk.package} (official SDK)`,
      text: setup,
      hint: "Change only the base URL and the key. The rest of your code stays the same.",
    };
  }
  return {
    label: plain,
    text: write(sampleCall(addresses, api, scope), token),
    hint:
      sdk === undefined
        ? `Append any path of the API to ${apiUrl(addresses, api.apiName)}.`
        : `The package ${sdk.package} does not support a path in its base URL. If you run the server yourself, set API_DASHBOARD_API_PORTS=${api.apiName}:8421 to give this API its own port.`,
  };
}

function variablesHint(addresses: ProxyAddresses, api: SnippetApi): string {
  const { key, baseUrl, readBySdk } = envVariables(api);
  return readBySdk
    ? `${api.provider?.name ?? "The"} SDKs read ${key} and ${baseUrl} automatically, so your code stays the same.`
    : `Configure your client with the token instead of the key and with ${sdkUrl(addresses, api)} as its base URL.`;
}
