import { useAddresses } from "../data/addresses";
import { useAgents } from "../data/agents";
import { agentsFor, type ConnectedAgent, loginLine, runLine } from "../logic/snippets/agents";
import {
  envVariables,
  shellExports,
  type SnippetApi,
  TOKEN_PLACEHOLDER,
} from "../logic/snippets/api-snippets";
import { useApiAddress } from "../services";
import { AgentSetup } from "./agent-setup";
import { Code } from "./code";
import { useChoice } from "./query-params";
import { Segmented } from "./segmented";

// The choice for programs that are no known agent.
const OTHER = "other";

/** Commands that start an agent or a script with a token of its own. */
export function RunLines({
  api,
  param,
  firstTime = false,
  byHand = false,
  autofocus = false,
}: {
  api: SnippetApi;
  /** The query parameter for the chosen agent, if it is part of the URL. */
  param?: string;
  /** Show how to sign in, which is needed once on each computer. */
  firstTime?: boolean;
  /** Offer the lines that do the same without the command line. */
  byHand?: boolean;
  /** Mark the first button for useAutofocus. */
  autofocus?: boolean;
}) {
  const agents = agentsFor(useAgents(), "command", api);
  const [wanted, choose] = useChoice(param);
  const chosen =
    wanted === OTHER ? undefined : (agents.find(({ agent }) => agent.name === wanted) ?? agents[0]);
  const { key, baseUrl } = envVariables(api);
  return (
    <div class="stack tight">
      {agents.length > 0 && (
        <div class="table-scroll">
          <Segmented
            label="Program"
            value={chosen?.agent.name ?? OTHER}
            options={[
              ...agents.map(({ agent }) => [agent.name, agent.title] as const),
              [OTHER, "Other"] as const,
            ]}
            onValue={choose}
          />
        </div>
      )}
      <Code
        text={runLine(api.apiName, chosen)}
        label={`Run ${chosen?.agent.title ?? "your program"}`}
        autofocus={autofocus}
      />
      <p class="hint break">
        The program gets a token that can call only {api.apiName}. The token is revoked when the
        program ends.
        {chosen === undefined && (
          <>
            {" "}
            It finds the token in <code>{key}</code> and the base URL in <code>{baseUrl}</code>.
          </>
        )}
      </p>
      <details open={firstTime}>
        <summary>First time on this computer</summary>
        <SignInOnce chosen={chosen} />
      </details>
      {byHand && (
        <details>
          <summary>Without api-dashboard run</summary>
          <ByHand chosen={chosen} api={api} />
        </details>
      )}
    </div>
  );
}

function SignInOnce({ chosen }: { chosen: ConnectedAgent | undefined }) {
  const address = useApiAddress();
  return (
    <div class="stack tight">
      <Code text={loginLine(address)} label="Sign in" />
      <p class="hint break">
        The dashboard’s package contains the command <code>api-dashboard</code>. In a clone of the
        repository, use <code>.venv/bin/python -m api</code> instead.
        {chosen !== undefined && (
          <>
            {" "}
            To install {chosen.agent.title}: <code>{chosen.agent.install.line}</code>
          </>
        )}
      </p>
    </div>
  );
}

function ByHand({ chosen, api }: { chosen: ConnectedAgent | undefined; api: SnippetApi }) {
  const addresses = useAddresses();
  return (
    <div class="stack tight">
      {chosen === undefined ? (
        <Code text={shellExports(addresses, api, TOKEN_PLACEHOLDER)} label="Shell" />
      ) : (
        <AgentSetup connected={chosen} api={api} token={TOKEN_PLACEHOLDER} />
      )}
    </div>
  );
}
