// The saved views of the table: choose one, save what is shown, update, rename, share, delete.
import { Menu, MenuButton, MenuItem, MenuProvider, MenuSeparator } from "@ariakit/react";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { errorText } from "../../api/client";
import type { Experiment } from "../../api/contract";
import { deleteView, keys, saveView } from "../../api/queries";
import menu from "../../parts/ActionMenu.module.css";
import { buttonClass } from "../../parts/Button";
import { copyText } from "../../parts/Copy";
import { Icon } from "../../parts/Icon";
import { toast } from "../../parts/Toast";
import { NameDialog } from "../experiments/NameDialog";
import css from "./ViewMenu.module.css";
import { content, newViewId, resolved, VIEW_PARAM, type View } from "./views";

/** The server keeps no longer name. */
const NAME_LENGTH = 100;

function useViewActions(experimentId: string) {
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: keys.experiment(experimentId) });
  const save = async ({ id, ...view }: View) => {
    await saveView(experimentId, id, view);
    await refresh();
  };
  const told = (action: Promise<void>) =>
    void action.catch((error: unknown) => toast({ message: errorText(error), tone: "bad" }));
  return {
    save,
    update: (view: View, search: string) =>
      told(
        save({ ...view, search }).then(() =>
          toast({
            message: `Updated “${view.name}”`,
            action: { label: "Undo", run: () => told(save(view)) },
          }),
        ),
      ),
    remove: (view: View) =>
      told(
        deleteView(experimentId, view.id)
          .then(refresh)
          .then(() =>
            toast({
              message: `Deleted the view “${view.name}”`,
              action: { label: "Undo", run: () => told(save(view)) },
            }),
          ),
      ),
  };
}

export function ViewMenu({ experiment, views }: { experiment: Experiment; views: View[] }) {
  const [search, setSearch] = useSearchParams();
  const actions = useViewActions(experiment.experiment_id);
  const [naming, setNaming] = useState<View | "new" | undefined>();
  const shown = content(resolved(search, views));
  const current = views.find((view) => view.id === search.get(VIEW_PARAM));
  const changed = current !== undefined && content(new URLSearchParams(current.search)) !== shown;
  const fixed = experiment.lifecycle_stage === "deleted";

  const share = async (view: View) => {
    await copyText(`${location.origin}${location.pathname}?${VIEW_PARAM}=${view.id}`);
    toast({ message: `Copied the address of “${view.name}”` });
  };
  const item = (label: string, run: () => void, danger = false) => (
    <MenuItem className={danger ? `${menu.item} ${menu.danger}` : menu.item} onClick={run}>
      {label}
    </MenuItem>
  );
  return (
    <>
      <MenuProvider placement="bottom-start">
        <MenuButton
          className={buttonClass({}, css.button)}
          title={changed ? "The table is not as this view has it any more" : undefined}
        >
          <span className={css.name}>{current ? `View: ${current.name}` : "Views"}</span>
          {changed && <span className={css.changed}>changed</span>} ▾
        </MenuButton>
        <Menu gutter={4} portal className={`${menu.menu} ${css.menu}`}>
          {item("All runs, default columns", () => setSearch(new URLSearchParams()))}
          {views.map((view) => (
            <MenuItem
              key={view.id}
              className={menu.item}
              aria-current={view === current || undefined}
              onClick={() => setSearch(new URLSearchParams({ [VIEW_PARAM]: view.id }))}
            >
              <span className={css.tick}>
                {view === current && <Icon name="check" size={14} />}
              </span>
              <span className={css.name}>{view.name}</span>
            </MenuItem>
          ))}
          {!fixed && (
            <>
              <MenuSeparator className={css.line} />
              {item("Save as a new view…", () => setNaming("new"))}
            </>
          )}
          {current && (
            <>
              {changed &&
                !fixed &&
                item(`Update “${current.name}”`, () => actions.update(current, shown))}
              {changed &&
                item("Back to the view as it was saved", () =>
                  setSearch(new URLSearchParams({ [VIEW_PARAM]: current.id })),
                )}
              {!fixed && item("Rename…", () => setNaming(current))}
              {item(
                "Copy its address",
                () =>
                  void share(current).catch((error: unknown) =>
                    toast({ message: errorText(error), tone: "bad" }),
                  ),
              )}
              {!fixed &&
                item(
                  "Delete",
                  () => {
                    // What is shown stays on the screen.
                    setSearch(new URLSearchParams(shown));
                    actions.remove(current);
                  },
                  true,
                )}
            </>
          )}
        </Menu>
      </MenuProvider>
      {naming === "new" && (
        <NameDialog
          title="Save the view"
          action="Save"
          maxLength={NAME_LENGTH}
          submit={async (name) => {
            const view = { id: newViewId(), name, search: shown };
            await actions.save(view);
            setSearch(new URLSearchParams({ [VIEW_PARAM]: view.id }));
          }}
          onClose={() => setNaming(undefined)}
        />
      )}
      {naming !== undefined && naming !== "new" && (
        <NameDialog
          title="Rename the view"
          action="Rename"
          initial={naming.name}
          maxLength={NAME_LENGTH}
          submit={(name) => actions.save({ ...naming, name })}
          onClose={() => setNaming(undefined)}
        />
      )}
    </>
  );
}
