// Tabs that are routes: each is a link, so it can be opened in a new window and shared.
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
  return (
    <nav className={css.tabs} aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.label} href={tab.to} aria-current={tab.current ? "page" : undefined}>
          {tab.label}
          {tab.count !== undefined && <span className={css.count}>{formatCount(tab.count)}</span>}
        </Link>
      ))}
    </nav>
  );
}
