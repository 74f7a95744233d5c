import { useEffect } from "preact/hooks";
import { Loaded } from "../components/loaded";
import { Page } from "../components/page";
import { usePlace } from "../components/place";
import { ThemeSwitch } from "../components/theme-switch";
import { useSessions } from "../data/account";
import { useProfile } from "../data/profile";
import { fullTime } from "../logic/time";
import { DeleteAccount } from "./account/delete";
import { Email } from "./account/email";
import { Export } from "./account/export";
import { Password } from "./account/password";
import { Sessions } from "./account/sessions";
import "./account.css";

// Sections that a link may lead to.
const SECTIONS = ["password", "export"];

/** Who is signed in and where, and the way out with everything. */
export default function Account() {
  const profile = useProfile();
  const sessions = useSessions();
  const settled = !profile.isPending && !sessions.isPending;
  const { query, go } = usePlace();
  const at = SECTIONS.find((section) => section === query["at"]);
  useEffect(() => {
    if (settled && at !== undefined) {
      const section = document.getElementById(at)?.closest("section");
      section?.scrollIntoView();
      section?.querySelector<HTMLElement>("input:not([readonly], [type=hidden]), button")?.focus();
      go({ at: undefined });
    }
    // `go` only reads the address as it is when it is called.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled, at]);
  return (
    <Page title="Account">
      <div class="account stack">
        <Loaded query={profile}>
          {({ username, email, created_at }) => (
            <>
              <section class="panel" aria-labelledby="profile">
                <header>
                  <h2 id="profile">Profile</h2>
                </header>
                <div class="panel-body stack">
                  <dl class="terms">
                    <dt>Username</dt>
                    <dd>{username}</dd>
                    <dt>Since</dt>
                    <dd>{fullTime(created_at)}</dd>
                  </dl>
                  <Email key={email} email={email} />
                </div>
              </section>
              <Password username={username} />
            </>
          )}
        </Loaded>
        {/* Not before what stands above, which would push it down. */}
        {settled && (
          <>
            <Sessions />
            <section class="panel" aria-labelledby="colours">
              <header>
                <h2 id="colours">Colours</h2>
                <ThemeSwitch />
              </header>
            </section>
            <Export />
            {profile.data && <DeleteAccount username={profile.data.username} />}
          </>
        )}
      </div>
    </Page>
  );
}
