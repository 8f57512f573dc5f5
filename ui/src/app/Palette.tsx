// The command palette (Ctrl K): pages, experiments and models by name, runs by name or id.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";
import { searchModels } from "../api/models";
import { fetchRuns, useExperiments } from "../api/queries";
import { formatCount } from "../parts/format";
import css from "./Palette.module.css";

interface Item {
  key: string;
  group: string;
  label: string;
  hint?: string;
  to: string;
}

const pages: Item[] = [
  { key: "p1", group: "Pages", label: "Experiments", to: "/experiments" },
  { key: "p5", group: "Pages", label: "Models", to: "/models" },
  { key: "p2", group: "Pages", label: "Activity", to: "/activity" },
  { key: "p3", group: "Pages", label: "Operations", to: "/ops" },
  { key: "p4", group: "Pages", label: "Settings", to: "/settings" },
];

const RUN_ID = /^[0-9a-f]{32}$/i;

function useLater<T>(value: T, ms: number): T {
  const [later, setLater] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLater(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return later;
}

/** A LIKE pattern cannot escape a quote; a name with one is searched by the part before it. */
function likePattern(text: string): string {
  return `%${text.split("'")[0]}%`;
}

function useItems(text: string): Item[] {
  const experiments = useExperiments("active");
  const words = useLater(text.trim(), 200);
  const all = experiments.data?.experiments;
  const runs = useQuery({
    queryKey: ["palette-runs", words],
    enabled: words.length >= 2 && !RUN_ID.test(words) && all !== undefined && all.length > 0,
    queryFn: ({ signal }) =>
      fetchRuns(
        {
          experiment_ids: (all ?? []).map((one) => one.experiment_id),
          filter: `attributes.run_name ILIKE '${likePattern(words)}'`,
          order_by: ["attributes.start_time DESC"],
          view: "active",
          columns: [],
          offset: 0,
          limit: 8,
        },
        signal,
      ),
  });
  const models = useQuery({
    queryKey: ["palette-models", words],
    enabled: words.length >= 2 && !RUN_ID.test(words),
    queryFn: ({ signal }) =>
      searchModels(
        { filter: `name ILIKE '${likePattern(words)}'`, order: "name ASC", limit: 5 },
        signal,
      ),
  });
  return useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const items: Item[] = [];
    if (RUN_ID.test(wanted))
      items.push({ key: "id", group: "Run", label: `Open run ${wanted}`, to: `/runs/${wanted}` });
    items.push(...pages.filter((page) => page.label.toLowerCase().includes(wanted)));
    for (const one of all ?? []) {
      if (items.length > 16) break;
      if (!one.name.toLowerCase().includes(wanted) && one.experiment_id !== wanted) continue;
      items.push({
        key: `e${one.experiment_id}`,
        group: "Experiments",
        label: one.name,
        hint: `${formatCount(one.runs)} runs`,
        to: `/experiments/${one.experiment_id}`,
      });
    }
    const names = new Map((all ?? []).map((one) => [one.experiment_id, one.name]));
    if (wanted.length >= 2)
      for (const model of models.data?.items ?? [])
        items.push({
          key: `m${model.name}`,
          group: "Models",
          label: model.name,
          to: `/models/${encodeURIComponent(model.name)}`,
        });
    if (wanted.length >= 2)
      for (const run of runs.data?.rows ?? [])
        items.push({
          key: `r${run.run_id}`,
          group: "Runs",
          label: run.name || run.run_id,
          hint: names.get(run.experiment_id) ?? "",
          to: `/runs/${run.run_id}`,
        });
    return items;
  }, [text, all, runs.data, models.data]);
}

export function Palette({ onClose }: { onClose: () => void }) {
  const [, go] = useLocation();
  const [text, setText] = useState("");
  const [active, setActive] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const items = useItems(text);
  const current = Math.min(active, items.length - 1);

  useEffect(() => {
    const element = dialog.current;
    const before = document.activeElement;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    };
  }, []);
  useEffect(() => {
    list.current?.querySelector(`#${CSS.escape(`${id}-${current}`)}`)?.scrollIntoView({
      block: "nearest",
    });
  }, [current, id]);

  const choose = (item: Item | undefined) => {
    if (!item) return;
    onClose();
    go(item.to);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const last = items.length - 1;
    if (event.key === "ArrowDown") setActive(current >= last ? 0 : current + 1);
    else if (event.key === "ArrowUp") setActive(current <= 0 ? last : current - 1);
    else if (event.key === "Enter") choose(items[current]);
    else return;
    event.preventDefault();
  };

  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: a click on the backdrop; Escape does the same
    <dialog
      ref={dialog}
      className={css.palette}
      aria-label="Command palette"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <input
        className={css.input}
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={items.length > 0 ? `${id}-${current}` : undefined}
        aria-label="Go to a page, an experiment, a run or a model"
        placeholder="Go to a page, an experiment, a run or a model"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setActive(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div ref={list} id={`${id}-list`} role="listbox" aria-label="Results" className={css.list}>
        {items.map((item, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the keyboard
          <div
            key={item.key}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className={css.item}
            onMouseMove={() => setActive(index)}
            onClick={() => choose(item)}
          >
            <span className={css.label}>{item.label}</span>
            {item.hint && <span className={css.hint}>{item.hint}</span>}
            <span className={css.group}>{item.group}</span>
          </div>
        ))}
        {items.length === 0 && <p className={css.none}>Nothing matches</p>}
      </div>
    </dialog>
  );
}
