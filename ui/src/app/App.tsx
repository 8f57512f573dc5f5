// Routes. Pages are loaded when first shown; the shell stays.
import { Component, lazy, Suspense, useEffect } from "react";
import { Redirect, Route, Router, Switch, useLocation } from "wouter";
import { liveStream } from "../api/stream";
import { LinkButton } from "../parts/Button";
import { EmptyState } from "../parts/EmptyState";
import { ErrorBox } from "../parts/ErrorBox";
import { Skeleton } from "../parts/Skeleton";
import { ExperimentsPage, RunsPage } from "./main-pages";
import { usePage } from "./page";
import { Shell } from "./Shell";

const SettingsPage = lazy(() => import("../pages/settings/SettingsPage"));
const RunPage = lazy(() => import("../pages/run/RunPage"));
const ComparePage = lazy(() => import("../pages/compare/ComparePage"));
const ActivityPage = lazy(() => import("../pages/activity/ActivityPage"));
const ModelsRoutes = lazy(() => import("../pages/models/ModelsRoutes"));
const LoggedModelPage = lazy(() => import("../pages/models/LoggedModelPage"));
const OpsPage = lazy(() => import("../pages/ops/OpsPage"));

function NotFound() {
  usePage("Not found", [{ label: "Not found" }]);
  return (
    <EmptyState
      page
      title="There is no such page"
      action={<LinkButton to="/experiments">All experiments</LinkButton>}
    >
      The address may be mistyped, or come from a newer version.
    </EmptyState>
  );
}

/** Keeps a failure inside the page area, so that navigation goes on working. */
class PageBoundary extends Component<
  { place: string; children: React.ReactNode },
  { error: unknown; place: string }
> {
  override state: { error: unknown; place: string } = { error: undefined, place: "" };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  static getDerivedStateFromProps(
    props: { place: string },
    state: { error: unknown; place: string },
  ) {
    // Another page: the old failure is over.
    return props.place === state.place ? null : { error: undefined, place: props.place };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <ErrorBox
        what="This page could not be shown"
        error={this.state.error}
        retry={() => location.reload()}
      />
    );
  }
}

function Pages() {
  const [place] = useLocation();
  return (
    <PageBoundary place={place}>
      <Suspense fallback={<Skeleton />}>
        <Switch>
          <Route path="/">
            <Redirect to="/experiments" replace />
          </Route>
          <Route path="/experiments">
            <ExperimentsPage />
          </Route>
          <Route path="/experiments/:id/models/:model">
            {({ id, model }) => <LoggedModelPage key={model} experimentId={id} modelId={model} />}
          </Route>
          <Route path="/experiments/:id/:tab?">
            {({ id, tab }) => <RunsPage key={id} experimentId={id} tab={tab ?? "runs"} />}
          </Route>
          <Route path="/runs/:id/artifacts/*">
            {({ id, "*": path }) => <RunPage key={id} runId={id} tab="artifacts" path={path} />}
          </Route>
          <Route path="/runs/:id/:tab?">
            {({ id, tab }) => <RunPage key={id} runId={id} tab={tab ?? "overview"} path="" />}
          </Route>
          <Route path="/models/*?">
            <ModelsRoutes />
          </Route>
          <Route path="/compare">
            <ComparePage />
          </Route>
          <Route path="/activity">
            <ActivityPage />
          </Route>
          <Route path="/ops/projections/*">
            {({ "*": name }) => <OpsPage tab="projections" projection={name} />}
          </Route>
          <Route path="/ops/:tab?">{({ tab }) => <OpsPage tab={tab ?? "overview"} />}</Route>
          <Route path="/settings">
            <SettingsPage />
          </Route>
          <Route>
            <NotFound />
          </Route>
        </Switch>
      </Suspense>
    </PageBoundary>
  );
}

export function App({ base }: { base: string }) {
  useEffect(() => {
    // The first data tells the position from which changes are wanted; a page without data must
    // not wait for ever.
    const timer = setTimeout(() => liveStream.start(), 600);
    return () => clearTimeout(timer);
  }, []);
  return (
    <Router base={base}>
      <Shell>
        <Pages />
      </Shell>
    </Router>
  );
}
