// The list of shortcuts, opened with `?`.
import { Dialog } from "../parts/Dialog";
import { ShortcutList } from "./ShortcutList";

export function ShortcutsDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <ShortcutList />
    </Dialog>
  );
}
