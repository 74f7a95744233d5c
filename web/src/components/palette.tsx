import { Dialog } from "./dialog";

/** Finds a page or an action by its name. */
export function Palette({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Search" onClose={onClose}>
      <p class="muted">Nothing to find yet.</p>
    </Dialog>
  );
}
