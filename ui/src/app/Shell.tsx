// The frame around every page: navigation, breadcrumbs, search, live indicator, theme switch.
import { useEffect, useState } from "react";
import { Link, useLocation } from "wouter";
import { Icon, type IconName } from "../parts/Icon";
import { runLatestToastAction, Toasts } from "../parts/Toast";
import { useKeys } from "./keyboard";
import { AwayBanner, LiveMark, StaleBanner } from "./LiveMark";
import { Palette } from "./Palette";
import { useCrumbs } from "./page";
import css from "./Shell.module.css";
import { ShortcutsDialog } from "./ShortcutsDialog";
import { ThemeSwitch } from "./ThemeSwitch";
import { UpdateBanner } from "./UpdateBanner";

const places: { to: string; label: string; icon: IconName; match: RegExp }[] = [
  {
    to: "/experiments",
    label: "Experiments",
    icon: "flask",
    match: /^\/(experiments|runs|compare)/,
  },
  { to: "/models", label: "Models", icon: "model", match: /^\/models/ },
  { to: "/activity", label: "Activity", icon: "activity", match: /^\/activity/ },
  { to: "/ops", label: "Operations", icon: "operations", match: /^\/ops/ },
  { to: "/settings", label: "Settings", icon: "settings", match: /^\/settings/ },
];

function Navigation({ onShortcuts }: { onShortcuts: () => void }) {
  const [place] = useLocation();
  return (
    <nav className={css.side} aria-label="Main">
      <Link href="/experiments" className={css.logo}>
        <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
          <path
            d="M2 18c4 0 5-12 10-12s4 10 10 8"
            fill="none"
            stroke="currentColor"
            strokeWidth="2.6"
            strokeLinecap="round"
          />
        </svg>
        <span>Runledger</span>
      </Link>
      {places.map((one) => (
        <Link
          key={one.to}
          href={one.to}
          className={css.item}
          aria-current={one.match.test(place) ? "page" : undefined}
        >
          <Icon name={one.icon} />
          <span>{one.label}</span>
        </Link>
      ))}
      <button type="button" className={`${css.item} ${css.last}`} onClick={onShortcuts}>
        <kbd>?</kbd>
        <span>Shortcuts</span>
      </button>
    </nav>
  );
}

function Crumbs() {
  const crumbs = useCrumbs();
  return (
    <nav aria-label="Breadcrumbs" className={css.crumbs}>
      <ol>
        {crumbs.map((crumb) => (
          <li key={`${crumb.to} ${crumb.label}`} title={crumb.label}>
            {crumb.to ? <Link href={crumb.to}>{crumb.label}</Link> : <span>{crumb.label}</span>}
          </li>
        ))}
      </ol>
    </nav>
  );
}

export function Shell({ children }: { children: React.ReactNode }) {
  const [, go] = useLocation();
  const [open, setOpen] = useState<"palette" | "shortcuts" | undefined>();

  useKeys({
    "?": () => setOpen("shortcuts"),
    u: () => runLatestToastAction(),
    "g e": () => go("/experiments"),
    "g m": () => go("/models"),
    "g a": () => go("/activity"),
    "g o": () => go("/ops"),
    "g s": () => go("/settings"),
  });
  useEffect(() => {
    // Ctrl K works while typing too, and is no single key, so it is not in the map above.
    const listen = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      setOpen((now) => (now === "palette" ? undefined : "palette"));
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);

  return (
    <div className={css.shell}>
      <a className={css.skip} href="#main">
        Skip to the content
      </a>
      <Navigation onShortcuts={() => setOpen("shortcuts")} />
      <header className={css.top}>
        <Crumbs />
        <button
          type="button"
          className={css.find}
          aria-keyshortcuts="Control+K"
          onClick={() => setOpen("palette")}
        >
          <Icon name="search" />
          <span>Search runs, experiments, models</span>
          <kbd>Ctrl K</kbd>
        </button>
        <LiveMark />
        <ThemeSwitch />
      </header>
      <div className={css.content}>
        <AwayBanner />
        <StaleBanner />
        <UpdateBanner />
        <main id="main" className={css.main} tabIndex={-1}>
          {children}
        </main>
      </div>
      <Toasts />
      {open === "palette" && <Palette onClose={() => setOpen(undefined)} />}
      {open === "shortcuts" && <ShortcutsDialog onClose={() => setOpen(undefined)} />}
    </div>
  );
}
