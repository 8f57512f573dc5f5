//! Examples of the events about models, with every field set.

use runledger_domain::event::{
    LoggedModelCreated, LoggedModelMetricsLogged, LoggedModelStatusSet, ModelMetric, ModelVersionCreated,
    ModelVersionDeleted, ModelVersionStageSet, ModelVersionTagDeleted, ModelVersionTagsSet, ModelVersionUpdated,
    ParamsLogged, RegisteredModelAliasDeleted, RegisteredModelAliasSet, RegisteredModelCreated, RegisteredModelRenamed,
    RegisteredModelUpdated, TagDeleted, TagsSet,
};
use runledger_domain::{Event, LoggedModelStatus, Stage};

use crate::{RUN, pairs};

const MODEL: &str = "m-0b1c2d3e4f5a4b6c8d7e9f0a1b2c3d4e";

pub(crate) fn examples() -> Vec<Event> {
    let text = str::to_owned;
    vec![
        Event::LoggedModelCreated(LoggedModelCreated {
            model_id: text(MODEL),
            experiment_id: 7,
            name: text("großes modell"),
            model_type: Some(text("sklearn")),
            source_run_id: Some(text(RUN)),
            artifact_uri: format!("mlflow-artifacts:/7/models/{MODEL}/artifacts"),
            params: pairs(),
            tags: pairs(),
        }),
        Event::LoggedModelStatusSet(LoggedModelStatusSet { status: LoggedModelStatus::UploadFailed }),
        Event::LoggedModelTagsSet(TagsSet { tags: pairs() }),
        Event::LoggedModelTagDeleted(TagDeleted { key: text("team") }),
        Event::LoggedModelParamsLogged(ParamsLogged { params: pairs() }),
        Event::LoggedModelMetricsLogged(LoggedModelMetricsLogged {
            run_id: text(RUN),
            metrics: vec![ModelMetric {
                key: text("val/acc"),
                value: ModelMetric::text(0.1 + 0.2),
                timestamp: 1_700_000_000_000,
                step: -3,
                dataset_name: Some(text("iris")),
                dataset_digest: Some(text("9f86d081")),
            }],
        }),
        Event::logged_model_deleted(),
        Event::logged_model_purged(),
        Event::RegisteredModelCreated(RegisteredModelCreated {
            id: text(RUN),
            name: text("churn"),
            description: Some(text("ändert sich")),
            tags: pairs(),
        }),
        Event::RegisteredModelRenamed(RegisteredModelRenamed { name: text("abwanderung") }),
        Event::RegisteredModelUpdated(RegisteredModelUpdated { description: text("neu") }),
        Event::RegisteredModelTagsSet(TagsSet { tags: pairs() }),
        Event::RegisteredModelTagDeleted(TagDeleted { key: text("team") }),
        Event::RegisteredModelAliasSet(RegisteredModelAliasSet { alias: text("champion"), version: 3 }),
        Event::RegisteredModelAliasDeleted(RegisteredModelAliasDeleted { alias: text("champion") }),
        Event::registered_model_deleted(),
        Event::ModelVersionCreated(ModelVersionCreated {
            version: 3,
            source: format!("models:/{MODEL}"),
            storage_location: Some(format!("mlflow-artifacts:/7/models/{MODEL}/artifacts")),
            run_id: Some(text(RUN)),
            run_link: Some(text("https://example.org/run")),
            model_id: Some(text(MODEL)),
            description: text("third"),
            tags: pairs(),
        }),
        Event::ModelVersionUpdated(ModelVersionUpdated { version: 3, description: text("neu") }),
        Event::ModelVersionStageSet(ModelVersionStageSet {
            version: 3,
            stage: Stage::Production,
            archived: vec![1, 2],
        }),
        Event::ModelVersionTagsSet(ModelVersionTagsSet { version: 3, tags: pairs() }),
        Event::ModelVersionTagDeleted(ModelVersionTagDeleted { version: 3, key: text("team") }),
        Event::ModelVersionDeleted(ModelVersionDeleted { version: 3 }),
    ]
}
