import { useAddresses } from "../data/addresses";
import { type ConnectedAgent, editorSettings, manualSnippets } from "../logic/snippets/agents";
import type { SnippetApi } from "../logic/snippets/api-snippets";
import { Code } from "./code";
import { CopyButton } from "./copy";
import { useChoice } from "./query-params";
import { Segmented } from "./segmented";

/** A choice of agents or editors, and how to set the chosen one up by hand. */
export function AgentSetups({
  connected,
  api,
  token,
  param,
  onCopied,
}: {
  /** The agents or editors that can call the API, at least one. */
  connected: readonly ConnectedAgent[];
  api: SnippetApi;
  token: string;
  /** The query parameter for the chosen agent, if it is part of the URL. */
  param: string | undefined;
  onCopied: (() => void) | undefined;
}) {
  const [wanted, choose] = useChoice(param);
  const shown = connected.find(({ agent }) => agent.name === wanted) ?? connected[0];
  return shown === undefined ? null : (
    <>
      {connected.length > 1 && (
        <div class="table-scroll">
          <Segmented
            label={shown.agent.kind === "editor" ? "Editor" : "Agent"}
            value={shown.agent.name}
            options={connected.map(({ agent }) => [agent.name, agent.title] as const)}
            onValue={choose}
          />
        </div>
      )}
      <AgentSetup connected={shown} api={api} token={token} onCopied={onCopied} />
    </>
  );
}

/** What to enter in an editor's settings, and the lines that start an agent without `run`. */
export function AgentSetup({
  connected,
  api,
  token,
  onCopied,
}: {
  connected: ConnectedAgent;
  api: SnippetApi;
  token: string;
  onCopied?: (() => void) | undefined;
}) {
  const addresses = useAddresses();
  const { agent, connection } = connected;
  const settings = editorSettings(connected, addresses, api, token);
  return (
    <>
      {settings.length > 0 && (
        <dl class="copy-list" aria-label={`Settings of ${agent.title}`}>
          {settings.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <span class="mono break">{value}</span>
                <CopyButton small text={value} label={`Copy ${name}`} onCopied={onCopied} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {manualSnippets(connected, addresses, api, token).map(({ file, text }) => (
        <Code key={file} text={text} label={file ?? "Shell"} onCopied={onCopied} />
      ))}
      <p class="hint break">
        {/* Names of commands and options are between backticks. */}
        {connection.note
          .split("`")
          .map((part, at) => (at % 2 === 1 ? <code>{part}</code> : part))}{" "}
        <a href={agent.docs} target="_blank" rel="noreferrer">
          {agent.title} documentation
        </a>
      </p>
    </>
  );
}
