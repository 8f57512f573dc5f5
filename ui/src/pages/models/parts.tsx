// Small pieces that the pages of models share.
import { useEffect, useRef } from "react";
import { Button } from "../../parts/Button";
import { Copy } from "../../parts/Copy";
import css from "./models.module.css";

/** A part of a page under its own heading. */
export function Section({
  title,
  count,
  head,
  children,
}: {
  title: string;
  count?: string | number | undefined;
  /** Beside the title. */
  head?: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <section aria-label={title} className={css.section}>
      <div className={css.sectionHead}>
        <h2>
          {title} {count !== undefined && <span className="muted">{count}</span>}
        </h2>
        {head}
      </div>
      {children}
    </section>
  );
}

export function AliasChip({ alias }: { alias: string }) {
  return (
    <span className={css.alias} title={`Alias ${alias}`}>
      @{alias}
    </span>
  );
}

export function Code({ text }: { text: string }) {
  return (
    <div className={css.code}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable */}
      <pre tabIndex={0}>{text}</pre>
      <Copy text={text} />
    </div>
  );
}

interface Pages {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  isFetchNextPageError: boolean;
  fetchNextPage: () => unknown;
}

/** The end of what is loaded: coming near it loads more; the button does the same by hand. */
export function MorePages({ pages, what }: { pages: Pages; what: string }) {
  const place = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, isFetchNextPageError } = pages;
  const latest = useRef(pages);
  useEffect(() => {
    latest.current = pages;
  });
  // After a failure it waits to be asked.
  const ready = hasNextPage && !isFetchingNextPage && !isFetchNextPageError;
  useEffect(() => {
    if (!ready || !place.current) return;
    const watcher = new IntersectionObserver(
      (seen) => {
        if (seen.some((one) => one.isIntersecting)) latest.current.fetchNextPage();
      },
      { rootMargin: "400px" },
    );
    watcher.observe(place.current);
    return () => watcher.disconnect();
  }, [ready]);
  if (!hasNextPage) return null;
  return (
    <div ref={place} className={css.end}>
      <Button size="small" disabled={isFetchingNextPage} onClick={() => pages.fetchNextPage()}>
        {isFetchingNextPage
          ? "Loading…"
          : isFetchNextPageError
            ? `More ${what} could not be loaded. Retry`
            : `More ${what}`}
      </Button>
    </div>
  );
}

/** A count of which more may follow is never shown as if it were all. */
export function countText(loaded: number, more: boolean): string {
  return more ? `${loaded}+` : String(loaded);
}
