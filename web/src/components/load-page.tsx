import type { ComponentType } from "preact";
import { Button } from "./button";
import { EmptyState } from "./empty-state";

const RELOADED = "api-dashboard.renewed";

interface Module<Props> {
  readonly default: ComponentType<Props>;
}

/**
 * The code of a page, or of a part of it that comes later. Where it cannot be had although the site
 * answers, an update has put newer files in its place: then the whole dashboard is loaded anew, once.
 * Where the site does not answer either, the page says so.
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
      title="This page cannot be loaded"
      action={
        <Button variant="primary" onClick={() => location.reload()}>
          Try again
        </Button>
      }
    >
      The server does not answer. Look whether it is running and this machine is online.
    </EmptyState>
  );
}
