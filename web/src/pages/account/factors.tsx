import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { Notice } from "../../components/notice";
import { QueryState } from "../../components/query-state";
import { AddFactorDialog } from "../../components/second-factor/add-dialog";
import { PasskeyObstacle } from "../../components/second-factor/obstacle";
import { Ago } from "../../components/time";
import { type Factors as FactorList, type Passkey, useFactors } from "../../data/second-factor";
import { pluralize } from "../../logic/format/numbers";
import { FEW_CODES } from "../../logic/second-factor/recovery-codes";
import { passkeyObstacle } from "../../passkeys";
import { RemoveApp, RemovePasskey, RenamePasskey, RenewCodes } from "./factor-dialogs";
import { PasskeyRow } from "./passkey-row";

type Open =
  | { readonly what: "passkey" | "app" | "renew" | "remove-app" }
  | { readonly what: "rename" | "remove"; readonly passkey: Passkey };

/** The passkeys, the authenticator app and the recovery codes of the account. */
export function Factors() {
  const factors = useFactors();
  const [open, setOpen] = useState<Open>();
  return (
    <section class="panel" aria-labelledby="second-factor">
      <header>
        <h2 id="second-factor">Sign-in and second factor</h2>
      </header>
      <QueryState query={factors}>
        {(all) => (
          <>
            <Summary factors={all} />
            <Passkeys factors={all} onOpen={setOpen} />
            <App factors={all} onOpen={setOpen} />
            <RecoveryCodes factors={all} onRenew={() => setOpen({ what: "renew" })} />
            {open !== undefined && (
              <FactorDialog open={open} factors={all} onClose={() => setOpen(undefined)} />
            )}
          </>
        )}
      </QueryState>
    </section>
  );
}

interface PartProps {
  factors: FactorList;
  onOpen: (open: Open) => void;
}

function Summary({ factors }: { factors: FactorList }) {
  if (factorCount(factors) > 0) {
    return null;
  }
  return (
    <div class="panel-body">
      <Notice kind="info">
        Your account has no second factor: whoever knows your password can sign in. Add a passkey or
        an authenticator app.
      </Notice>
    </div>
  );
}

function Passkeys({ factors: { passkeys }, onOpen }: PartProps) {
  const obstacle = passkeyObstacle() !== undefined;
  return (
    <div class="factor">
      <div class="factor-head">
        <h3>Passkeys</h3>
        {!obstacle && (
          <Button size="small" onClick={() => onOpen({ what: "passkey" })}>
            Add passkey
          </Button>
        )}
      </div>
      <p class="muted">
        Sign in with your fingerprint, your face, a PIN or a security key, without your password. A
        passkey is also a second factor.
      </p>
      {obstacle && (
        <Notice kind="info">
          <PasskeyObstacle />
        </Notice>
      )}
      {passkeys.length > 0 && (
        <ul class="passkeys" aria-label="Passkeys">
          {passkeys.map((passkey) => (
            <PasskeyRow
              key={passkey.passkey_id}
              passkey={passkey}
              onRename={() => onOpen({ what: "rename", passkey })}
              onRemove={() => onOpen({ what: "remove", passkey })}
            />
          ))}
        </ul>
      )}
    </div>
  );
}

function App({ factors: { totp }, onOpen }: PartProps) {
  return (
    <div class="factor">
      <div class="factor-head">
        <h3>Authenticator app</h3>
        <div class="row">
          <Button size="small" onClick={() => onOpen({ what: "app" })}>
            {totp === null ? "Set up app" : "Replace app"}
          </Button>
          {totp !== null && (
            <Button size="small" onClick={() => onOpen({ what: "remove-app" })}>
              Remove app
            </Button>
          )}
        </div>
      </div>
      <p class="muted">
        {totp === null ? (
          "An app on your phone or computer shows a code, which you enter after your password."
        ) : (
          <>
            Set up <Ago at={totp.created_at} />,{" "}
            {totp.last_used_at === null ? (
              "not used yet"
            ) : (
              <>
                last used <Ago at={totp.last_used_at} />
              </>
            )}
          </>
        )}
      </p>
    </div>
  );
}

function RecoveryCodes({ factors, onRenew }: { factors: FactorList; onRenew: () => void }) {
  const { recovery_codes_left: left } = factors;
  const exist = factorCount(factors) > 0;
  return (
    <div class="factor">
      <div class="factor-head">
        <h3>Recovery codes</h3>
        {exist && (
          <Button size="small" onClick={onRenew}>
            Create new codes
          </Button>
        )}
      </div>
      {exist && left <= FEW_CODES && (
        <Notice kind="warn">
          {left === 0
            ? "You have no recovery codes left. Create new ones, or you lose your account with your other factors."
            : `Only ${pluralize(left, "recovery code")} left. Create new ones before you run out.`}
        </Notice>
      )}
      <p class="muted">
        {exist
          ? `${left} of 10 left. Each works once, in place of a passkey or a code of your app.`
          : "You get ten codes with your first passkey or app, for the case that you lose it."}
      </p>
    </div>
  );
}

function FactorDialog({
  open,
  factors,
  onClose,
}: {
  open: Open;
  factors: FactorList;
  onClose: () => void;
}) {
  const taken = factors.passkeys.map(({ name }) => name);
  const last = factorCount(factors) === 1;
  switch (open.what) {
    case "passkey":
    case "app":
      return <AddFactorDialog kind={open.what} taken={taken} onClose={onClose} />;
    case "rename":
      return <RenamePasskey passkey={open.passkey} onClose={onClose} />;
    case "remove":
      return <RemovePasskey passkey={open.passkey} last={last} onClose={onClose} />;
    case "remove-app":
      return <RemoveApp last={last} onClose={onClose} />;
    case "renew":
      return <RenewCodes onClose={onClose} />;
  }
}

function factorCount({ passkeys, totp }: FactorList): number {
  return passkeys.length + Number(totp !== null);
}
