import { useState } from "preact/hooks";
import {
  callWithin,
  curl,
  envLines,
  javascript,
  PLACEHOLDER,
  proxyUrl,
  python,
  sdkUrl,
  shellExports,
  type SnippetApi,
  type SnippetScope,
  variablesOf,
} from "../logic/snippets";
import { useApiAddress } from "../services";
import { Code } from "./code";
import { Segmented } from "./segmented";

type Kind = "sdk" | "env" | "curl" | "python" | "javascript";

const KINDS = [
  ["sdk", "SDK"],
  ["env", ".env"],
  ["curl", "curl"],
  ["python", "Python"],
  ["javascript", "JavaScript"],
] as const;

const EVERYTHING: SnippetScope = { methods: [], path_prefixes: [] };

/** Ready-made code that calls an API through the proxy; without a token, a placeholder stands there. */
export function Snippets({
  api,
  token = PLACEHOLDER,
  scope = EVERYTHING,
  onCopied,
}: {
  api: SnippetApi;
  token?: string;
  scope?: SnippetScope;
  onCopied?: () => void;
}) {
  const address = useApiAddress();
  const [kind, setKind] = useState<Kind>(api.provider === undefined ? "curl" : "sdk");
  const url = proxyUrl(address, api.apiName);
  const call = callWithin(scope);
  const texts: Record<Kind, () => string> = {
    sdk: () => shellExports(address, token, api),
    env: () => envLines(address, token, [api]),
    curl: () => curl(url, token, call),
    python: () => python(url, token, call),
    javascript: () => javascript(url, token, call),
  };

  return (
    <div class="stack">
      <div class="table-scroll">
        <Segmented label="Language" value={kind} options={KINDS} onValue={setKind} />
      </div>
      <Code text={texts[kind]()} label={labelOf(kind, api)} onCopied={onCopied} />
      <p class="hint break">
        {kind === "sdk" || kind === "env" ? (
          <SdkHint api={api} url={sdkUrl(address, api)} />
        ) : (
          <>
            Put any path of the API behind <code>{url}</code>. The token is also taken wherever the
            API’s own key would go.
          </>
        )}
      </p>
    </div>
  );
}

function SdkHint({ api, url }: { api: SnippetApi; url: string }) {
  const { key, baseUrl, readBySdk } = variablesOf(api);
  if (readBySdk) {
    return (
      <>
        {api.provider?.name}’s SDK reads <code>{key}</code> and <code>{baseUrl}</code> by itself:
        your code stays as it is.
      </>
    );
  }
  return (
    <>
      Give your client the token in place of the key, and <code>{url}</code> as its base URL.
    </>
  );
}

function labelOf(kind: Kind, api: SnippetApi): string {
  switch (kind) {
    case "sdk":
      return `${api.provider?.name ?? api.apiName}, in a shell`;
    case "env":
      return ".env";
    case "curl":
      return "curl";
    case "python":
      return "Python with requests";
    case "javascript":
      return "JavaScript (Node.js, Deno, Bun)";
  }
}
