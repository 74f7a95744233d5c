import { useState } from "preact/hooks";
import { Button } from "../../components/button";
import { TextArea } from "../../components/fields";
import { useSessions } from "../../data/account";
import {
  allowedAddressesError,
  ownAddress,
  parseAllowedAddresses,
} from "../../logic/tokens/allowed-addresses";

/** The addresses from which a token may be used, checked while they are typed. */
export function AllowedAddresses({
  text,
  onText,
  rejected,
}: {
  text: string;
  onText: (text: string) => void;
  /** The API's error. */
  rejected: string | undefined;
}) {
  const sessions = useSessions();
  const current = sessions.data?.find((session) => session.current);
  const own = current === undefined ? undefined : ownAddress(current);
  const [left, setLeft] = useState(false);
  const addresses = parseAllowedAddresses(text);
  // The last address may not be complete yet.
  const complete = left ? text : text.replace(/[^\s,]*$/, "");
  return (
    <div class="stack tight">
      <TextArea
        label="Allowed addresses (optional)"
        rows={3}
        placeholder={"203.0.113.7\n2001:db8::/48"}
        hint="IP addresses and networks from which the token may be used, one per line or separated by commas. Leave empty to allow it from anywhere."
        value={text}
        onValue={(value) => {
          setLeft(false);
          onText(value);
        }}
        onBlur={() => setLeft(true)}
        error={allowedAddressesError(complete) ?? rejected}
      />
      {own !== undefined && !addresses.includes(own) && (
        <div class="row">
          <Button size="small" onClick={() => onText([...addresses, own].join("\n"))}>
            Add my address
          </Button>
          <span class="hint">
            <span class="mono break">{own}</span>, where you signed in
          </span>
        </div>
      )}
    </div>
  );
}
