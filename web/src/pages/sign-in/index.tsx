import { useState } from "preact/hooks";
import type { Offer } from "../../data/second-factor";
import { PasswordStep } from "./password-step";
import { SecondStep } from "./second-step";

/** A sign-in whose password was right, and which needs a second factor. */
export interface HalfSignedIn {
  readonly username: string;
  readonly offer: Offer;
}

/** Sign in. Afterwards, the requested page opens. */
export default function SignIn() {
  const [half, setHalf] = useState<HalfSignedIn>();
  return half === undefined ? (
    <PasswordStep onHalf={setHalf} />
  ) : (
    <SecondStep signIn={half} onBack={() => setHalf(undefined)} />
  );
}
