import { clientName } from "./client-names";
import { deviceName, isBrowser } from "./user-agent";

/**
 * The program of a session or an action: "Firefox 140 on Linux", "API Dashboard command line",
 * "curl 8.5". Empty if it sent no name.
 */
export function sessionName(session: {
  readonly client: string;
  readonly user_agent: string;
}): string {
  if (session.client === "" || session.client === "none") {
    return "";
  }
  const name = clientName(session.client);
  return isBrowser(session.user_agent) || name === session.client || session.client === "other"
    ? deviceName(session.user_agent)
    : name;
}
