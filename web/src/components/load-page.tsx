import type { ComponentType } from "preact";
import { Button } from "./button";
import { EmptyState } from "./empty-state";

const RELOADED = "api-dashboard.renewed";

interface Module<Props> {
  readonly default: ComponentType<Props>;
}

/**
 * Load the code of a page or a part of it. If the file is missing although the site responds, a
 * deployment has replaced it: reload the dashboard once. If the site does not respond either,
 * render an error.
 */
export async function loadPage<Props>(load: () => Promise<Module<Props>>): Promise<Module<Props>> {
  try {
    const code = await load();
    sessionStorage.removeItem(RELOADED);
    return code;
  } catch {
    if (sessionStorage.getItem(RELOADED) === null && (await siteAnswers())) {
      sessionStorage.setItem(RELOADED, "yes");
      location.reload();
      return new Promise(() => {});
    }
    return { default: Unavailable };
  }
}

async function siteAnswers(): Promise<boolean> {
  try {
    return (await fetch("/config.json", { cache: "no-store" })).ok;
  } catch {
    return false;
  }
}

function Unavailable() {
  return (
    <EmptyState
      title="This page could not be loaded"
      action={
        <Button variant="primary" onClick={() => location.reload()}>
          Try again
        </Button>
      }
    >
      The server does not respond. Check that it is running and that you are online.
    </EmptyState>
  );
}
