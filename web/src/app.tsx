import { type QueryClient, QueryClientProvider } from "@tanstack/preact-query";
import { useEffect } from "preact/hooks";
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from "preact-iso";
import { pageCode } from "./components/page-code";
import { Shell } from "./components/shell";
import { Stranded } from "./components/stranded";
import { Toasts } from "./components/toasts";
import { type Services, ServicesProvider, useMadeToken, useSessionState } from "./services";

const SignIn = lazy(() => pageCode(() => import("./pages/sign-in")));
const SignUp = lazy(() => pageCode(() => import("./pages/sign-up")));
const Overview = lazy(() => pageCode(() => import("./pages/overview")));
const Keys = lazy(() => pageCode(() => import("./pages/keys")));
const EnvFiles = lazy(() => pageCode(() => import("./pages/env-files")));
const Tokens = lazy(() => pageCode(() => import("./pages/tokens")));
const Requests = lazy(() => pageCode(() => import("./pages/requests")));
const RateLimits = lazy(() => pageCode(() => import("./pages/rate-limits")));
const Playground = lazy(() => pageCode(() => import("./pages/playground")));
const Account = lazy(() => pageCode(() => import("./pages/account")));
const CreatedToken = lazy(() =>
  pageCode(async () => ({ default: (await import("./pages/tokens/create")).CreatedToken })),
);
const NotFound = lazy(() => pageCode(() => import("./pages/not-found")));

const OWN_PAGES = /^\/(?!api\/|proxy\/)/;
const WITHOUT_SESSION = ["/sign-in", "/sign-up"];

/** The whole dashboard. */
export function App({ services, queries }: { services: Services; queries: QueryClient }) {
  return (
    <ServicesProvider value={services}>
      <QueryClientProvider client={queries}>
        <LocationProvider scope={OWN_PAGES}>
          <Toasts>
            <ErrorBoundary>
              <Gate />
            </ErrorBoundary>
          </Toasts>
        </LocationProvider>
      </QueryClientProvider>
    </ServicesProvider>
  );
}

/** The pages for whoever is here: signed in, signed out, or not known yet. */
function Gate() {
  const state = useSessionState();
  const { path, query, url, route } = useLocation();
  const outside = WITHOUT_SESSION.includes(path);

  useEffect(() => {
    if (state.kind === "signed-out" && !outside) {
      route(path === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(url)}`, true);
    }
    if (state.kind === "signed-in" && outside) {
      route(ownPath(query["next"]), true);
    }
  }, [state, outside, path, query, url, route]);

  if (state.kind === "unknown") {
    return <Stranded failed={state.failed} />;
  }
  if (state.kind === "signed-out") {
    return (
      <Router>
        <Route path="/sign-up" component={SignUp} />
        <Route default component={SignIn} />
      </Router>
    );
  }
  return (
    <Shell>
      <Router>
        <Route path="/" component={Overview} />
        <Route path="/keys" component={Keys} />
        <Route path="/env-files" component={EnvFiles} />
        <Route path="/tokens" component={Tokens} />
        <Route path="/requests" component={Requests} />
        <Route path="/rate-limits" component={RateLimits} />
        <Route path="/playground" component={Playground} />
        <Route path="/account" component={Account} />
        <Route default component={NotFound} />
      </Router>
      <MadeTokens />
    </Shell>
  );
}

/** Keeps a token that was made from being lost: it is shown on, and leaving the dashboard asks. */
function MadeTokens() {
  const form = useMadeToken("form");
  const first = useMadeToken("firstSteps");
  const unsaved = form?.copied === false || first?.copied === false;

  useEffect(() => {
    if (!unsaved) {
      return undefined;
    }
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsaved]);

  return <ErrorBoundary>{form !== undefined && <CreatedToken />}</ErrorBoundary>;
}

/** Where to go after signing in: a path of ours and nothing else, or the overview. */
function ownPath(next: string | undefined): string {
  if (next === undefined) {
    return "/";
  }
  const target = new URL(next, location.origin);
  const ours = target.origin === location.origin && OWN_PAGES.test(target.pathname);
  return ours && !WITHOUT_SESSION.includes(target.pathname) ? target.pathname + target.search : "/";
}
