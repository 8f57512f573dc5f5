// The two pages that nearly every visit shows. They are lazy like the others, but their code is
// asked for at once, beside the shell's, so that the first rows need no second round trip.
import { lazy } from "react";

const experiments = () => import("../pages/experiments/ExperimentsPage");
const runs = () => import("../pages/runs/RunsPage");

if (/\/experiments\/[^/]/.test(location.pathname)) void runs();
else if (!/\/(runs|compare|models|activity|ops|settings)(\/|$)/.test(location.pathname))
  void experiments();

export const ExperimentsPage = lazy(experiments);
export const RunsPage = lazy(runs);
