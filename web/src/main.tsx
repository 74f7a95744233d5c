import { QueryClient } from "@tanstack/preact-query";
import { render } from "preact";
import { createApi, createPublicApi } from "./api/client";
import { ApiError } from "./api/problem";
import { Session, SIGNED_IN } from "./api/session";
import { StepUp } from "./api/step-up";
import { App } from "./app";
import { readConfig } from "./config";
import { CreatedTokenStore } from "./logic/tokens/created-token";
import type { Services } from "./services";
import { applyTheme, storedTheme } from "./theme";

applyTheme(storedTheme());

const root = document.getElementById("app");
if (root === null) {
  throw new Error("The page has no element #app.");
}

try {
  const { api: base } = await readConfig();
  const session = new Session({
    base,
    page: location.href,
    fetch: (request) => fetch(request),
    tab: sessionStorage,
    shared: localStorage,
    locks: navigator.locks,
    now: Date.now,
  });
  addEventListener("storage", (event) => {
    if (event.key === SIGNED_IN && event.newValue === null) {
      session.end("sign-out");
    }
  });
  const queries = new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        networkMode: "always",
        retry: (failures, error) => error instanceof ApiError && error.transient && failures < 2,
      },
      mutations: { networkMode: "always" },
    },
  });
  const stepUp = new StepUp();
  const createdTokens: Services["createdTokens"] = {
    form: new CreatedTokenStore(),
    firstSteps: new CreatedTokenStore(),
  };
  session.subscribe(() => {
    if (session.state.kind === "signed-out") {
      queries.clear();
      stepUp.cancel();
      createdTokens.form.dismiss();
      createdTokens.firstSteps.dismiss();
    }
  });
  void session.resume();
  render(
    <App
      services={{
        base,
        session,
        stepUp,
        api: createApi(
          base,
          session,
          stepUp,
          () => void queries.invalidateQueries({ queryKey: ["profile"] }),
        ),
        publicApi: createPublicApi(base),
        createdTokens,
      }}
      queries={queries}
    />,
    root,
  );
} catch {
  root.textContent = "The page's configuration could not be loaded. Reload the page to try again.";
}
