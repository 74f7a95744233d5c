import { readConfig } from "./config";
import { readStatus, type Status } from "./status";

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`The page has no element "${id}".`);
  }
  return found;
}

function show(status: Status): void {
  const line = element("status");
  line.dataset["state"] = status.state;
  line.textContent = status.text;
}

try {
  const config = await readConfig();
  element("docs").setAttribute("href", `${config.api}/api/docs`);
  show(await readStatus(config));
} catch {
  show({ state: "down", text: "The page's configuration cannot be read. Reload it to try again." });
}
