import { useEffect } from "preact/hooks";
import { QueryState } from "../../components/query-state";
import { Page } from "../../components/page";
import { useQueryParams } from "../../components/query-params";
import { ThemeSwitch } from "../../components/theme-switch";
import { useSessions } from "../../data/account";
import { useProfile } from "../../data/profile";
import { useFactors } from "../../data/second-factor";
import { fullTime } from "../../logic/format/time";
import { DeleteAccount } from "./delete";
import { Email } from "./email";
import { Export } from "./export";
import { Factors } from "./factors";
import { Password } from "./password";
import { Sessions } from "./sessions";
import "./style.css";

// Sections that links can open.
const SECTIONS = ["password", "second-factor", "export"];

/** The profile, password, second factors, sessions, theme, data export and deletion of the account. */
export default function Account() {
  const profile = useProfile();
  const factors = useFactors();
  const sessions = useSessions();
  const settled = !profile.isPending && !factors.isPending && !sessions.isPending;
  const { query, setQuery } = useQueryParams();
  const at = SECTIONS.find((section) => section === query["at"]);
  useEffect(() => {
    if (settled && at !== undefined) {
      const section = document.getElementById(at)?.closest("section");
      section?.scrollIntoView();
      section?.querySelector<HTMLElement>("input:not([readonly], [type=hidden]), button")?.focus();
      setQuery({ at: undefined });
    }
    // `setQuery` reads the URL only when it is called.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled, at]);
  return (
    <Page title="Account">
      <div class="account stack">
        <QueryState query={profile}>
          {({ username, email, created_at, second_factor }) => (
            <>
              <section class="panel" aria-labelledby="profile">
                <header>
                  <h2 id="profile">Profile</h2>
                </header>
                <div class="panel-body stack">
                  <dl class="terms">
                    <dt>Username</dt>
                    <dd>{username}</dd>
                    <dt>Member since</dt>
                    <dd>{fullTime(created_at)}</dd>
                  </dl>
                  <Email key={email} email={email} />
                </div>
              </section>
              <Password username={username} secondFactor={second_factor} />
            </>
          )}
        </QueryState>
        {/* Wait for the sections above, which would push these down. */}
        {settled && (
          <>
            <Factors />
            <Sessions />
            <section class="panel" aria-labelledby="theme">
              <header>
                <h2 id="theme">Theme</h2>
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
