// The pages below `/models`. Which one is read from the address itself, because names may hold
// characters that the router would change.
import { lazy } from "react";
import { useLocation } from "wouter";
import { basePath } from "../../api/client";
import { usePage } from "../../app/page";
import { LinkButton } from "../../parts/Button";
import { EmptyState } from "../../parts/EmptyState";
import { listRoute, placeOf } from "./address";
import ModelsPage from "./ModelsPage";

const ModelPage = lazy(() => import("./ModelPage"));
const VersionPage = lazy(() => import("./VersionPage"));

function NoSuchPage() {
  usePage("Not found", [{ label: "Models", to: listRoute }, { label: "Not found" }]);
  return (
    <EmptyState
      page
      title="There is no such page of a model"
      action={<LinkButton to={listRoute}>All models</LinkButton>}
    />
  );
}

export default function ModelsRoutes() {
  // Only to be called again when the address changes.
  useLocation();
  const place = placeOf(location.pathname, basePath);
  switch (place.page) {
    case "list":
      return <ModelsPage />;
    case "model":
      return <ModelPage key={place.name} name={place.name} />;
    case "version":
      return (
        <VersionPage
          key={`${place.name}/${place.version}`}
          name={place.name}
          version={place.version}
        />
      );
    case "none":
      return <NoSuchPage />;
  }
}
