import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Api } from "./api/client";
import type { components } from "./api/schema";
import type { Session, SessionState } from "./api/session";
import type { HeldToken, CreatedTokenStore } from "./logic/tokens/created-token";

type CreatedToken = components["schemas"]["CreatedToken"];

/** What every page may use: the session, and the API with and without it. */
export interface Services {
  /** The API's address; empty where it shares the pages' origin. */
  readonly base: string;
  readonly session: Session;
  readonly api: Api;
  readonly publicApi: Api;
  /** Tokens that are shown this once: made in the tokens' form, and in the overview's first steps. */
  readonly createdTokens: Readonly<Record<"form" | "firstSteps", CreatedTokenStore<CreatedToken>>>;
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
export function useCreatedToken(
  where: keyof Services["createdTokens"],
): HeldToken<CreatedToken> | undefined {
  const holder = useServices().createdTokens[where];
  const [current, setMade] = useState(holder.current);
  useEffect(() => {
    setMade(holder.current);
    return holder.subscribe(() => setMade(holder.current));
  }, [holder]);
  return current;
}

/** The API's address as a program has to write it, without a `/` at the end. */
export function useApiAddress(): string {
  const { base } = useServices();
  return base === "" ? location.origin : base;
}
