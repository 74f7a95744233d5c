import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Api } from "./api/client";
import type { components } from "./api/schema";
import type { Session, SessionState } from "./api/session";
import type { MadeToken, MadeTokenHolder } from "./logic/made-token";

type CreatedToken = components["schemas"]["CreatedToken"];

/** What every page may use: the session, and the API with and without it. */
export interface Services {
  /** The API's address; empty where it shares the pages' origin. */
  readonly base: string;
  readonly session: Session;
  readonly api: Api;
  readonly open: Api;
  /** Tokens that are shown this once: made in the tokens' form, and in the overview's first steps. */
  readonly made: Readonly<Record<"form" | "firstSteps", MadeTokenHolder<CreatedToken>>>;
}

const Context = createContext<Services | undefined>(undefined);

export const ServicesProvider = Context.Provider;

export function useServices(): Services {
  const services = useContext(Context);
  if (services === undefined) {
    throw new Error("Services are missing.");
  }
  return services;
}

/** The session's state; the component is drawn again when it changes. */
export function useSessionState(): SessionState {
  const { session } = useServices();
  const [state, setState] = useState(session.state);
  useEffect(() => {
    setState(session.state);
    return session.subscribe(() => setState(session.state));
  }, [session]);
  return state;
}

/** The token that was made there and is still to be shown. */
export function useMadeToken(where: keyof Services["made"]): MadeToken<CreatedToken> | undefined {
  const holder = useServices().made[where];
  const [made, setMade] = useState(holder.made);
  useEffect(() => {
    setMade(holder.made);
    return holder.subscribe(() => setMade(holder.made));
  }, [holder]);
  return made;
}

/** The API's address as a program has to write it, without a `/` at the end. */
export function useApiAddress(): string {
  const { base } = useServices();
  return base === "" ? location.origin : base;
}
