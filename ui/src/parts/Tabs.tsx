// Tabs that are routes: each is a link, so it can be opened in a new window and shared.
import { useEffect, useRef } from "react";
import { Link } from "wouter";
import { formatCount } from "./format";
import css from "./Tabs.module.css";

export interface Tab {
  to: string;
  label: string;
  count?: number | undefined;
  current: boolean;
}

export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  const bar = useRef<HTMLElement>(null);
  const current = tabs.find((tab) => tab.current)?.label;
  // On a phone the bar scrolls, and the tab that one is on may be out of sight.
  useEffect(() => {
    const tab = current === undefined ? null : bar.current?.querySelector("[aria-current]");
    const [outer, inner] = [bar.current?.getBoundingClientRect(), tab?.getBoundingClientRect()];
    if (!bar.current || !outer || !inner) return;
    if (inner.right > outer.right) bar.current.scrollLeft += inner.right - outer.right;
    else if (inner.left < outer.left) bar.current.scrollLeft -= outer.left - inner.left;
  }, [current]);
  return (
    <nav ref={bar} className={css.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.label} href={tab.to} aria-current={tab.current ? "page" : undefined}>
          {tab.label}
          {tab.count !== undefined && <span className={css.count}>{formatCount(tab.count)}</span>}
        </Link>
      ))}
    </nav>
  );
}
