import { useEffect } from "preact/hooks";
import { QueryState } from "../../components/query-state";
import { Page } from "../../components/page";
import { useQueryParams } from "../../components/query-params";
import { ThemeSwitch } from "../../components/theme-switch";
import { useSessions } from "../../data/account";
import { useProfile } from "../../data/profile";
import { fullTime } from "../../logic/format/time";
import { DeleteAccount } from "./delete";
import { Email } from "./email";
import { Export } from "./export";
import { Password } from "./password";
import { Sessions } from "./sessions";
import "./style.css";

// Sections that a link may lead to.
const SECTIONS = ["password", "export"];

/** Who is signed in and where, and the way out with everything. */
export default function Account() {
  const profile = useProfile();
  const sessions = useSessions();
  const settled = !profile.isPending && !sessions.isPending;
  const { query, setQuery } = useQueryParams();
  const at = SECTIONS.find((section) => section === query["at"]);
  useEffect(() => {
    if (settled && at !== undefined) {
      const section = document.getElementById(at)?.closest("section");
      section?.scrollIntoView();
      section?.querySelector<HTMLElement>("input:not([readonly], [type=hidden]), button")?.focus();
      setQuery({ at: undefined });
    }
    // `setQuery` only reads the address as it is when it is called.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled, at]);
  return (
    <Page title="Account">
      <div class="account stack">
        <QueryState query={profile}>
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
        </QueryState>
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
