import { useServices } from "../services";
import { Button } from "./button";
import { Logo } from "./logo";

/** Shown until it is known whether a user is signed in, or while the API does not respond. */
export function SessionGate({ failed }: { failed: boolean }) {
  const { session } = useServices();
  return (
    <main class="outside">
      <Logo />
      {failed ? (
        <div class="stack" role="alert">
          <h1>The API does not respond</h1>
          <p class="muted">
            You are still signed in. Check that the server is running and that you are online.
          </p>
          <p>
            <Button variant="primary" onClick={() => session.resume()}>
              Try again
            </Button>
          </p>
        </div>
      ) : (
        <p class="muted" role="status">
          Signing you in…
        </p>
      )}
    </main>
  );
}
