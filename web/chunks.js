// The files for shared code. Pages and dialogs are loaded when they are opened. By default the
// build makes a file for each set of them that shares code: some fifty files, most below 2 kB.
// Each is a request of the browser and a resource of the deployment, and small files compress badly.

import { fileURLToPath } from "node:url";

const ENTRY = fileURLToPath(new URL("src/main.tsx", import.meta.url));
const FOLDER = /\/pages\/([^/]+)\//;
const DIALOG = /\/pages\/[^/]+\/(?!index\.)[^/]+$|\/command-palette\./;
const OVERVIEW = /\/pages\/overview\/(index|usage)\./;
// The users of spend.
const SPEND = /\/pages\/(overview|spend)\/|\/components\/spend-summary\./;
// The users of charts.
const CHARTS = /\/pages\/(overview|spend)\//;
// The pages that show how a program calls an API. Lists do so only in dialogs.
const SNIPPETS = /\/pages\/(apis|env-files|playground)\/index\.|\/pages\/overview\/first-steps\./;
// The users of second factors.
const FACTORS = /\/pages\/(sign-in|second-factor|account)\/|\/second-factor\/step-up\./;
const CALLS = /\/pages\/(requests|playground)\//;
const CODE = /\.[jt]sx?$|node_modules/;
// With a lower count, the overview would load code that it does not need.
const ALMOST_ALL = 8;
// A file also takes what its modules import. A dependency has at least the users of its importer, so
// in this order nothing moves to a file with fewer users.
const FILES = [
  /^shared$/,
  /^overview-/,
  /^spend-/,
  /^charts-/,
  /^pages-/,
  /^snippets-/,
  /^factors-/,
  /^calls-/,
  /^(?!dialogs-)/,
  /^dialogs-/,
];

/**
 * Name the file of a module. Its users are the entry, and the lazily loaded pages and dialogs, that
 * import it directly or not. A module with one user stays with it: null.
 */
function fileOf(users) {
  const folders = new Set(users.map((user) => FOLDER.exec(user)?.[1]));
  if (users.length < 2) return null;
  if (users.includes(ENTRY) || users.length >= ALMOST_ALL) return "shared";
  // The overview is what most people open first, so it loads little of what only others need.
  if (users.some((user) => OVERVIEW.test(user))) {
    if (users.every((user) => CHARTS.test(user))) return "charts-shared";
    if (users.every((user) => SPEND.test(user))) return "spend-shared";
    return users.some((user) => CALLS.test(user)) ? "shared" : "overview-shared";
  }
  if (users.every((user) => SPEND.test(user))) return "budgets-shared";
  if (users.every((user) => CALLS.test(user))) return "calls-shared";
  if (users.every((user) => FACTORS.test(user))) return "factors-shared";
  if (users.every((user) => DIALOG.test(user))) return "dialogs-shared";
  if (folders.size > 1 && users.every((user) => SNIPPETS.test(user) || DIALOG.test(user))) {
    return "snippets-shared";
  }
  return folders.size === 1 ? `${[...folders][0]}-shared` : "pages-shared";
}

/** Return the modules of each user: a set of module ids by the id of the user. */
function modulesByUser(graph) {
  const found = new Map();
  const users = new Set([ENTRY]);
  for (const user of users) {
    const modules = new Set([user]);
    for (const id of modules) {
      const module = graph.getModuleInfo(id);
      module?.importedIds.forEach((imported) => modules.add(imported));
      module?.dynamicallyImportedIds.forEach((lazy) => users.add(lazy));
    }
    found.set(user, modules);
  }
  return found;
}

/** Return the groups for `codeSplitting` of Rolldown's output options. */
export function chunkGroups() {
  let modules;
  return FILES.map((pattern, index) => ({
    test: CODE,
    priority: FILES.length - index,
    debugName: `shared code ${pattern.source}`,
    name: (id, graph) => {
      modules ??= modulesByUser(graph);
      const file = fileOf([...modules.keys()].filter((user) => modules.get(user).has(id)));
      return file !== null && pattern.test(file) ? file : null;
    },
  }));
}
