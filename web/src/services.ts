import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Api } from "./api/client";
import type { components } from "./api/schema";
import type { Session, SessionState } from "./api/session";
import type { StepUp } from "./api/step-up";
import type { HeldToken, CreatedTokenStore } from "./logic/tokens/created-token";

type CreatedToken = components["schemas"]["CreatedToken"];

/** Services for all pages: the session, and the API with and without it. */
export interface Services {
  /** The API's URL; empty if it shares the pages' origin. */
  readonly base: string;
  readonly session: Session;
  /** Confirmations that it is the user, which some calls of `api` need. */
  readonly stepUp: StepUp;
  readonly api: Api;
  readonly publicApi: Api;
  /**
   * New tokens whose values can be shown: from the token form, and from the overview's first steps.
   */
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

/** The session's state, updated when it changes. */
export function useSessionState(): SessionState {
  const { session } = useServices();
  const [state, setState] = useState(session.state);
  useEffect(() => {
    setState(session.state);
    return session.subscribe(() => setState(session.state));
  }, [session]);
  return state;
}

/** Whether the user is being asked to confirm that it is them. */
export function useStepUpOpen(): boolean {
  const { stepUp } = useServices();
  const [open, setOpen] = useState(stepUp.open);
  useEffect(() => {
    setOpen(stepUp.open);
    return stepUp.subscribe(() => setOpen(stepUp.open));
  }, [stepUp]);
  return open;
}

/** The new token of a form, if it is still shown. */
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

/** The API's URL for use in programs, without a trailing `/`. */
export function useApiAddress(): string {
  const { base } = useServices();
  return base === "" ? location.origin : base;
}
