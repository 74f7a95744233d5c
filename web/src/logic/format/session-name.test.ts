import { expect, test } from "vitest";
import { sessionName } from "./session-name";

const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

test.each([
  ["firefox", FIREFOX, "Firefox 140 on Linux"],
  ["api-dashboard-cli", "api-dashboard-cli/0.2.0 (Linux)", "API Dashboard command line"],
  ["python-requests", "python-requests/2.32.0", "requests (Python)"],
  ["curl", "curl/8.5.0", "curl 8.5"],
  ["other", "MyScript", "MyScript"],
  ["none", "", ""],
  ["", "", ""],
])("a session of %s with the User-Agent %o is %o", (client, user_agent, name) => {
  expect(sessionName({ client, user_agent })).toBe(name);
});
