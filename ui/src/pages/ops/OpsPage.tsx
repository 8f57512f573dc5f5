// Operations: is the server well, how far behind are the read models, which uploads wait or failed, which writes were refused, what is going on, who is told.
import { lazy, Suspense } from "react";
import { useOpsStatus } from "../../api/queries";
import { usePage } from "../../app/page";
import { EmptyState } from "../../parts/EmptyState";
import { ErrorBox } from "../../parts/ErrorBox";
import { formatDuration } from "../../parts/format";
import { Skeleton } from "../../parts/Skeleton";
import { Tabs } from "../../parts/Tabs";
import { OverviewTab } from "./OverviewTab";
import css from "./ops.module.css";
import { Projections } from "./Projections";
import { Rebuild } from "./Rebuild";

const UploadsTab = lazy(() => import("./UploadsTab"));
const WebhooksTab = lazy(() => import("./WebhooksTab"));
const RefusedTab = lazy(() => import("./RefusedTab"));
const EventTail = lazy(() => import("./EventTail"));

const TABS: [string, string][] = [
  ["overview", "Overview"],
  ["uploads", "Uploads"],
  ["refused", "Refused"],
  ["events", "Events"],
  ["projections", "Projections"],
  ["webhooks", "Webhooks"],
];

export default function OpsPage({
  tab,
  projection,
}: {
  tab: string;
  /** Only this one of the projections. */
  projection?: string;
}) {
  const status = useOpsStatus();
  const label = TABS.find(([name]) => name === tab)?.[1] ?? tab;
  usePage(tab === "overview" ? "Operations" : `${label} · Operations`, [
    { label: "Operations", to: "/ops" },
    projection === undefined ? { label } : { label, to: "/ops/projections" },
    ...(projection === undefined ? [] : [{ label: projection }]),
  ]);
  const data = status.data;
  const failed = data?.uploads.failed;
  return (
    <div className={css.page}>
      <div className={css.head}>
        <h1>Operations</h1>
        {data && (
          <span className="muted small">
            Runledger {data.version} · up {formatDuration(data.uptime_s * 1000)}
          </span>
        )}
      </div>
      <Tabs
        label="Operations"
        tabs={TABS.map(([name, text]) => ({
          to: name === "overview" ? "/ops" : `/ops/${name}`,
          label: text,
          current: name === tab,
          ...(name === "uploads" && failed ? { count: failed } : {}),
        }))}
      />
      {status.error && (
        <ErrorBox
          what={
            data
              ? "The state could not be asked again; this is the last known"
              : "The state could not be loaded"
          }
          error={status.error}
          retry={() => void status.refetch()}
        />
      )}
      <Suspense fallback={<Skeleton />}>
        {tab === "overview" &&
          (data ? (
            <OverviewTab status={data} />
          ) : (
            status.isPending && <Skeleton label="Loading the state" />
          ))}
        {tab === "projections" &&
          (data ? (
            <>
              <Projections status={data} only={projection} />
              <Rebuild />
            </>
          ) : (
            status.isPending && <Skeleton label="Loading the state" />
          ))}
        {tab === "uploads" && <UploadsTab />}
        {tab === "refused" && <RefusedTab />}
        {tab === "webhooks" && <WebhooksTab />}
        {tab === "events" && <EventTail />}
        {!TABS.some(([name]) => name === tab) && (
          <EmptyState title="There is no such page">Operations has no page “{tab}”.</EmptyState>
        )}
      </Suspense>
    </div>
  );
}
