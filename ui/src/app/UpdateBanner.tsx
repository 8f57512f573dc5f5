// Offers to load the page again when the server delivers another build of it than the one that is open. It never does so by itself:
// somebody may be writing.
import { useStreamStatus } from "../api/stream";
import { Button } from "../parts/Button";
import css from "./LiveMark.module.css";

/** The build that this page was loaded with, as the server wrote it into the page; a development server does not. */
const loaded = document.querySelector<HTMLMetaElement>('meta[name="build"]')?.content;

export function UpdateBanner() {
  const { build } = useStreamStatus();
  if (loaded === undefined || build === undefined || build === loaded) return null;
  return (
    <div className={css.banner} role="status">
      <span>The server has another version of this page. What is open may not fit to it.</span>
      <Button size="small" onClick={() => location.reload()}>
        Reload to update
      </Button>
    </div>
  );
}
