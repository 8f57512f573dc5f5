"""Training with autologging as users write it: a grid search of scikit-learn, and LightGBM.

Everything comes from the environment: MLFLOW_TRACKING_URI and MLFLOW_EXPERIMENT_NAME.
"""

import lightgbm
import mlflow
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def data() -> tuple[pd.DataFrame, pd.Series]:
    random = np.random.default_rng(7)
    frame = pd.DataFrame(random.normal(size=(120, 3)), columns=["a", "b", "c"])
    target = (frame["a"] + 2 * frame["b"] + random.normal(scale=0.5, size=120) > 0).astype(int)
    return frame, target.rename("target")


def main() -> None:
    mlflow.autolog()
    features, target = data()

    # Without an active run: the search starts one of its own, with a child for each candidate.
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, {"logisticregression__C": [0.1, 1.0, 10.0]}, cv=3)
    search.fit(features, target)
    print("best", search.best_params_)

    with mlflow.start_run(run_name="boosted") as run:
        parameters = {"objective": "binary", "num_leaves": 7, "verbose": -1, "num_threads": 1, "seed": 3}
        train = lightgbm.Dataset(features[:90], target[:90])
        valid = lightgbm.Dataset(features[90:], target[90:], reference=train)
        booster = lightgbm.train(parameters, train, num_boost_round=12, valid_sets=[train, valid])
        accuracy = float(((booster.predict(features[90:]) > 0.5) == target[90:]).mean())
        mlflow.log_metric("accuracy", accuracy)

    logged = mlflow.search_logged_models(filter_string=f"source_run_id = '{run.info.run_id}'", output_format="list")
    again = mlflow.lightgbm.load_model(logged[0].model_uri)
    print("the same", np.allclose(again.predict(features), booster.predict(features)))
    print("models", len(mlflow.search_logged_models(output_format="list")))


if __name__ == "__main__":
    main()
