import { type QueryClient, QueryClientProvider } from "@tanstack/preact-query";
import { useEffect, useState } from "preact/hooks";
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from "preact-iso";
import { loadPage } from "./components/load-page";
import { Shell } from "./components/shell";
import { SessionGate } from "./components/session-gate";
import { Toasts } from "./components/toasts";
import NotFound from "./pages/not-found";
import { unreachable } from "./api/problem";
import { useProfile } from "./data/profile";
import {
  type Services,
  ServicesProvider,
  useCreatedToken,
  useServices,
  useSessionState,
  useStepUpOpen,
} from "./services";

const SignIn = lazy(() => loadPage(() => import("./pages/sign-in")));
const SignUp = lazy(() => loadPage(() => import("./pages/sign-up")));
const Overview = lazy(() => loadPage(() => import("./pages/overview")));
const Keys = lazy(() => loadPage(() => import("./pages/keys")));
const ApiPage = lazy(() => loadPage(() => import("./pages/apis")));
const EnvFiles = lazy(() => loadPage(() => import("./pages/env-files")));
const Tokens = lazy(() => loadPage(() => import("./pages/tokens")));
const Requests = lazy(() => loadPage(() => import("./pages/requests")));
const RateLimits = lazy(() => loadPage(() => import("./pages/rate-limits")));
const Spend = lazy(() => loadPage(() => import("./pages/spend")));
const Playground = lazy(() => loadPage(() => import("./pages/playground")));
const Notifications = lazy(() => loadPage(() => import("./pages/notifications")));
const AuditLog = lazy(() => loadPage(() => import("./pages/audit")));
const Account = lazy(() => loadPage(() => import("./pages/account")));
const SetUpSecondFactor = lazy(() => loadPage(() => import("./pages/second-factor")));
const CreatedToken = lazy(() =>
  loadPage(async () => ({ default: (await import("./pages/tokens/create")).CreatedTokenDialog })),
);

const DASHBOARD_PAGES = /^\/(?!api\/|proxy\/)/;
const PUBLIC_PAGES = ["/sign-in", "/sign-up"];

/** The dashboard. */
export function App({ services, queries }: { services: Services; queries: QueryClient }) {
  return (
    <ServicesProvider value={services}>
      <QueryClientProvider client={queries}>
        <LocationProvider scope={DASHBOARD_PAGES}>
          <Toasts>
            <ErrorBoundary>
              <Pages />
            </ErrorBoundary>
          </Toasts>
        </LocationProvider>
      </QueryClientProvider>
    </ServicesProvider>
  );
}

/** The pages that fit the session: signed in, signed out, or not known yet. */
function Pages() {
  const state = useSessionState();
  const { path, query, url, route } = useLocation();
  const isPublic = PUBLIC_PAGES.includes(path);

  useEffect(() => {
    if (state.kind === "signed-out" && !isPublic) {
      route(path === "/" ? "/sign-in" : `/sign-in?next=${encodeURIComponent(url)}`, true);
    }
    if (state.kind === "signed-in" && isPublic) {
      route(safeNextPath(query["next"]), true);
    }
  }, [state, isPublic, path, query, url, route]);

  if (state.kind === "unknown") {
    return <SessionGate failed={state.failed} />;
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
    <>
      <SignedInPages />
      <StepUpGuard />
    </>
  );
}

/** The pages of a signed-in user, or the one that sets up the second factor that the server requires. */
function SignedInPages() {
  const profile = useProfile();
  if (profile.data?.second_factor_setup_required) {
    return (
      <ErrorBoundary>
        <SetUpSecondFactor />
      </ErrorBoundary>
    );
  }
  return (
    <Shell>
      <Router>
        <Route path="/" component={Overview} />
        <Route path="/keys" component={Keys} />
        <Route path="/apis/:api" component={ApiPage} />
        <Route path="/env-files" component={EnvFiles} />
        <Route path="/tokens" component={Tokens} />
        <Route path="/requests" component={Requests} />
        <Route path="/rate-limits" component={RateLimits} />
        <Route path="/spend" component={Spend} />
        <Route path="/playground" component={Playground} />
        <Route path="/notifications" component={Notifications} />
        <Route path="/audit" component={AuditLog} />
        <Route path="/account" component={Account} />
        <Route default component={NotFound} />
      </Router>
      <NewTokenGuard />
    </Shell>
  );
}

/**
 * Show a new token until it is dismissed, and warn before leaving the dashboard with an uncopied
 * one.
 */
function NewTokenGuard() {
  const formToken = useCreatedToken("form");
  const firstToken = useCreatedToken("firstSteps");
  const unsaved = formToken?.copied === false || firstToken?.copied === false;

  useEffect(() => {
    if (!unsaved) {
      return undefined;
    }
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [unsaved]);

  return <ErrorBoundary>{formToken !== undefined && <CreatedToken />}</ErrorBoundary>;
}

type StepUpDialog = typeof import("./components/second-factor/step-up").StepUpDialog;

/** Ask the user to confirm that it is them while the API demands it. */
function StepUpGuard() {
  const { stepUp } = useServices();
  const open = useStepUpOpen();
  const [Dialog, setDialog] = useState<StepUpDialog>();
  useEffect(() => {
    if (open && Dialog === undefined) {
      import("./components/second-factor/step-up").then(
        ({ StepUpDialog }) => setDialog(() => StepUpDialog),
        () => stepUp.cancel(unreachable()),
      );
    }
  }, [open, Dialog, stepUp]);
  return open && Dialog !== undefined ? <Dialog /> : null;
}

/** The page to open after signing in: a path of the dashboard, or the overview. */
function safeNextPath(next: string | undefined): string {
  if (next === undefined) {
    return "/";
  }
  const target = new URL(next, location.origin);
  const ours = target.origin === location.origin && DASHBOARD_PAGES.test(target.pathname);
  return ours && !PUBLIC_PAGES.includes(target.pathname) ? target.pathname + target.search : "/";
}
