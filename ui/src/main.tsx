// Entry: applies the theme before the first paint, turns MLflow's hash links into paths, and
// mounts the application.
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { basePath, url } from "./api/client";
import { makeQueryClient } from "./api/queries";
import { App } from "./app/App";
import { mapHash } from "./app/hash-links";
import { installPrefix } from "./app/keyboard";
import { applyPreferences } from "./app/theme";
import "./styles/tokens.css";
import "./styles/base.css";

applyPreferences();
installPrefix();

function followHash(): void {
  const path = mapHash(location.hash);
  if (path !== undefined) history.replaceState(null, "", url(path));
}
followHash();
window.addEventListener("hashchange", followHash);

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={makeQueryClient()}>
        <App base={basePath.replace(/\/$/, "")} />
      </QueryClientProvider>
    </StrictMode>,
  );
