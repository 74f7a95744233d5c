import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { unwrap } from "../../api/client";
import { asApiError } from "../../api/problem";
import { withRetryAfter } from "../../logic/format/retry-after";
import { getPasskey, offersAutofill } from "../../passkeys";
import { useServices } from "../../services";

// Milliseconds. The API's options are good for five minutes, and a page can be open for longer.
const RENEWED_AFTER = 240_000;

/**
 * Sign in by passkey, with a button or from the username field's list of saved sign-ins. A browser
 * has one request for a passkey at a time: the button's replaces that of the list.
 */
export function usePasskeySignIn() {
  const { publicApi, session } = useServices();
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<{ kind: "info" | "danger"; text: string }>();
  // The request of the list.
  const listing = useRef<AbortController>();

  /** Let the user choose a passkey. Returns the body that signs in with it. */
  const choose = useCallback(
    async (request: { autofill?: boolean; signal?: AbortSignal }) => {
      const started = await unwrap(publicApi.POST("/api/auth/passkey/options"));
      const credential = await getPasskey(started.options, request);
      return { pending: started.pending, credential, session: session.kind };
    },
    [publicApi, session],
  );

  const report = useCallback((error: unknown) => {
    const { code, message, retryAfter } = asApiError(error);
    setWrong({
      kind: code === "passkey_cancelled" ? "info" : "danger",
      text: withRetryAfter(message, retryAfter),
    });
    setBusy(false);
  }, []);

  /** Offer passkeys in the list of the username field. */
  const list = useCallback(async () => {
    const controller = new AbortController();
    listing.current?.abort();
    listing.current = controller;
    if (await offersAutofill()) {
      // An error here is nothing that the user did.
      const chosen = await choose({ autofill: true, signal: controller.signal }).catch(
        () => undefined,
      );
      if (chosen !== undefined) {
        setBusy(true);
        await session.signInWith("passkey", chosen).catch(report);
      }
    }
  }, [choose, report, session]);

  useEffect(() => {
    void list();
    const timer = setInterval(() => {
      if (listing.current !== undefined) {
        void list();
      }
    }, RENEWED_AFTER);
    return () => {
      clearInterval(timer);
      listing.current?.abort();
    };
  }, [list]);

  async function start() {
    listing.current?.abort();
    listing.current = undefined;
    setBusy(true);
    setWrong(undefined);
    try {
      await session.signInWith("passkey", await choose({}));
    } catch (error) {
      report(error);
      if (asApiError(error).code === "passkey_cancelled") {
        void list();
      }
    }
  }

  return { busy, wrong, start };
}
