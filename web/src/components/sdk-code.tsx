import type { ComponentChildren } from "preact";
import { useAddresses } from "../data/addresses";
import {
  apiUrl,
  javascriptSnippet,
  pythonSnippet,
  sampleCall,
  type Sdk,
  sdkSetup,
  type SnippetApi,
  type SnippetScope,
} from "../logic/snippets/api-snippets";
import { installLine, type SdkChoice } from "../logic/snippets/sdk-choices";
import { Badge } from "./badge";
import { Code } from "./code";
import { useChoice } from "./query-params";
import { Segmented } from "./segmented";

const EVIDENCE = {
  run: ["ok", "Tested with the proxy"],
  source: ["info", "From the SDK's source"],
  documentation: ["neutral", "From the documentation"],
} as const;

/** The setup code of a provider's SDKs or frameworks, or a plain request if there is none. */
export function SdkCode({
  kind,
  choices,
  api,
  token,
  scope,
  param,
  onCopied,
}: {
  kind: "python" | "javascript" | "frameworks";
  choices: readonly SdkChoice[];
  api: SnippetApi;
  token: string;
  scope: SnippetScope;
  /** The query parameter for the chosen SDK, if it is part of the URL. */
  param: string | undefined;
  onCopied: (() => void) | undefined;
}) {
  const addresses = useAddresses();
  const [wanted, choose] = useChoice(param);
  const chosen = choices.find(({ label }) => label === wanted) ?? choices[0];
  const sdk = chosen?.sdk;
  const setup = sdk && sdkSetup(sdk, addresses, api, token);
  const language = sdk?.language ?? kind;
  return (
    <>
      {chosen !== undefined && choices.length > 1 && (
        <div class="table-scroll">
          <Segmented
            label={kind === "frameworks" ? "Framework" : "SDK"}
            value={chosen.label}
            options={choices.map(({ label }) => [label, label] as const)}
            onValue={choose}
          />
        </div>
      )}
      {sdk !== undefined && setup !== undefined ? (
        <>
          <Code text={setup} label={sdk.package} onCopied={onCopied} />
          <Evidence sdk={sdk} />
          <p class="hint break">
            Change only the base URL and the key. The rest of your code stays the same.
          </p>
        </>
      ) : (
        <PlainRequest
          language={language === "python" ? "python" : "javascript"}
          api={api}
          token={token}
          scope={scope}
          onCopied={onCopied}
        >
          {sdk === undefined ? (
            <>Append any path of the API to {apiUrl(addresses, api.apiName)}.</>
          ) : (
            <>
              The package {sdk.package} drops the path of its base URL. If you run the server
              yourself, set API_DASHBOARD_API_PORTS={api.apiName}:8421 to give this API its own
              port.
            </>
          )}
        </PlainRequest>
      )}
    </>
  );
}

function PlainRequest({
  language,
  api,
  token,
  scope,
  onCopied,
  children,
}: {
  language: "python" | "javascript";
  api: SnippetApi;
  token: string;
  scope: SnippetScope;
  onCopied: (() => void) | undefined;
  children: ComponentChildren;
}) {
  const call = sampleCall(useAddresses(), api, scope);
  const python = language === "python";
  return (
    <>
      <Code
        text={python ? pythonSnippet(call, token) : javascriptSnippet(call, token)}
        label={python ? "Python with requests" : "JavaScript"}
        onCopied={onCopied}
      />
      <p class="hint break">{children}</p>
    </>
  );
}

/** How an SDK's code is known to work, what takes the base URL in it, and how to install it. */
function Evidence({ sdk }: { sdk: Sdk }) {
  const [tone, text] = EVIDENCE[sdk.evidence];
  return (
    <p class="hint break">
      <Badge tone={tone}>{text}</Badge>{" "}
      {sdk.argument !== "" && (
        <>
          Base URL in <code>{sdk.argument}</code>.{" "}
        </>
      )}
      Install: <code>{installLine(sdk)}</code>
    </p>
  );
}
