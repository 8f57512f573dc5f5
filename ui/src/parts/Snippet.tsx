// "Log your first run": code that works against this very server, ready to copy.

import { useState } from "react";
import { serverAddress } from "../api/client";
import { Segmented } from "./Button";
import { Copy } from "./Copy";
import panel from "./Panel.module.css";
import css from "./Snippet.module.css";

type Kind = "python" | "lightning" | "environment" | "curl";

/** Quotes for Python, shell double quotes and JSON alike. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

export function snippet(kind: Kind, address: string, experiment: string): string {
  switch (kind) {
    case "python":
      return `import mlflow

mlflow.set_tracking_uri(${quoted(address)})
mlflow.set_experiment(${quoted(experiment)})

with mlflow.start_run():
    mlflow.log_params({"lr": 3e-4, "batch_size": 32})
    for step in range(100):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
`;
    case "lightning":
      return `from lightning.pytorch import Trainer
from lightning.pytorch.loggers import MLFlowLogger

logger = MLFlowLogger(
    experiment_name=${quoted(experiment)},
    tracking_uri=${quoted(address)},
)
trainer = Trainer(logger=logger)
`;
    case "environment":
      return `export MLFLOW_TRACKING_URI=${quoted(address)}
export MLFLOW_EXPERIMENT_NAME=${quoted(experiment)}
`;
    case "curl":
      return `curl -G ${quoted(`${address}/api/2.0/mlflow/experiments/get-by-name`)} \\
  --data-urlencode ${quoted(`experiment_name=${experiment}`)}
`;
  }
}

export function Snippet({ experiment }: { experiment: string }) {
  const [kind, setKind] = useState<Kind>("python");
  const text = snippet(kind, serverAddress(), experiment);
  return (
    <section className={`${panel.card} ${css.card}`}>
      <h2>Log your first run</h2>
      <p className="muted">Any MLflow client works. Paste this; the run appears here by itself.</p>
      <div>
        <Segmented
          label="Kind of client"
          value={kind}
          options={[
            { value: "python", label: "Python" },
            { value: "lightning", label: "Lightning" },
            { value: "environment", label: "Environment" },
            { value: "curl", label: "curl" },
          ]}
          onChange={setKind}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box must be reachable */}
      <pre tabIndex={0}>{text}</pre>
      <div className={css.foot}>
        <Copy text={text} label="Copy" kind="primary" size="normal" />
        <span className={css.waiting}>
          <i aria-hidden="true" /> Waiting for the first run…
        </span>
      </div>
    </section>
  );
}
