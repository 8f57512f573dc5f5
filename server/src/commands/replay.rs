//! `runledger replay`: builds the views anew beside those in use, and lets them take their place.

mod watch;

use chrono::DateTime;
use runledger_projector::{Builder, Outcome, Plan, RebuildError};
use runledger_storage::compare::Comparison;
use runledger_storage::views::ViewGroups;
use runledger_storage::{Generation, GenerationState, Purpose};
use std::io::{self, Write};

pub(super) use watch::watching;

use crate::Failure;
use crate::backend::Backend;
use crate::cli::ReplayArgs;
use crate::config::Config;
use crate::parts::Parts;

/// Differences that are shown.
const SHOWN: usize = 100;

pub(crate) async fn run(config: &Config, args: ReplayArgs) -> Result<(), Failure> {
    let parts = Parts::new(Backend::open_migrated(config).await?)?;
    let workers = args.workers.unwrap_or_else(|| workers(config));
    let builder = parts.builder("replay", workers);
    if args.list {
        return list(&builder).await;
    }
    if let Some(generation) = args.discard {
        builder.discard(generation).await.map_err(explain)?;
        writeln!(io::stdout().lock(), "generation {generation} of the views is gone")?;
        return Ok(());
    }
    if args.rollback {
        let (active, previous) = watching(&builder.status, builder.roll_back()).await.map_err(explain)?;
        let hint = "`runledger replay --rollback` goes there again";
        writeln!(io::stdout().lock(), "generation {active} of the views is active again; {previous} is kept: {hint}")?;
        return Ok(());
    }
    let until = match &args.until {
        Some(moment) => Some(position(&builder, moment).await?),
        None => None,
    };
    let purpose = match until {
        Some(_) => Purpose::Past,
        None if args.dry_run => Purpose::Compare,
        None => Purpose::Replace,
    };
    let views = if args.views.is_empty() { ViewGroups::ALL } else { args.views.iter().copied().collect() };
    let (accept_differences, set_aside) = (args.accept_differences, args.keep_dead_letters);
    let plan = Plan { purpose, views, until, accept_differences, set_aside };
    tell(views, watching(&builder.status, builder.build(plan)).await.map_err(explain)?)
}

/// SQLite has one writer, so more than one task would only wait.
pub(super) fn workers(config: &Config) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    if config.database_url.is_some() { processors() } else { 1 }
}

fn tell(views: ViewGroups, outcome: Outcome) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let part = views != ViewGroups::ALL;
    let but = if part { format!(", of which {views} were rebuilt,") } else { String::new() };
    match outcome {
        Outcome::Switched { generation, previous, comparison } => {
            show(&mut out, &comparison)?;
            let said = match comparison.count {
                0 => "it says what the one before said",
                _ => "the differences above were accepted",
            };
            writeln!(out, "digest {}", comparison.other_digest)?;
            writeln!(out, "generation {generation} of the views{but} is active; {said}")?;
            writeln!(out, "generation {previous} is kept: `runledger replay --rollback` goes back to it")?;
        }
        Outcome::Compared { position, comparison } => {
            show(&mut out, &comparison)?;
            writeln!(out, "digest {} at position {position}", comparison.other_digest)?;
            if comparison.count > 0 {
                return Err(format!("the views differ from the log in {} places", comparison.count).into());
            }
            let which = if part { views.to_string() } else { "the views".to_owned() };
            writeln!(out, "{which} say what the log says")?;
        }
        Outcome::Differs { generation, position, comparison } => {
            let named: Vec<&str> = views.iter().filter(|_| part).flat_map(|view| [" --view ", view.name()]).collect();
            let named = named.concat();
            show(&mut out, &comparison)?;
            return Err(format!(
                "the rebuilt views differ in {} places at position {position}, so the active ones stay. If what was rebuilt is \
                 right, run `runledger replay --accept-differences{}`, which goes on from here; `runledger replay --discard \
                 {generation}` removes it",
                comparison.count,
                named
            )
            .into());
        }
        Outcome::Past { generation, position, place } => {
            writeln!(out, "generation {generation} shows the views as of position {position}. It is {place}")?;
            writeln!(out, "`runledger replay --discard {generation}` removes it")?;
        }
    }
    Ok(out.flush()?)
}

/// Shows what differs, and where there is too much, how much more there is.
pub(super) fn show(out: &mut impl Write, comparison: &Comparison) -> io::Result<()> {
    for difference in comparison.differences.iter().take(SHOWN) {
        writeln!(out, "{difference}")?;
    }
    let shown = comparison.differences.len().min(SHOWN) as u64;
    if comparison.count > shown {
        writeln!(out, "and {} more", comparison.count - shown)?;
    }
    Ok(())
}

async fn list(builder: &Builder) -> Result<(), Failure> {
    let generations = builder.list().await.map_err(explain)?;
    let mut out = io::stdout().lock();
    for (generation, place) in generations {
        let Generation { number, state, views, phase, position, digest, begun_at, .. } = generation;
        let begun = DateTime::from_timestamp_millis(begun_at).filter(|_| begun_at > 0);
        let begun = begun.map(|time| format!(", begun {}", time.format("%Y-%m-%dT%H:%M:%SZ"))).unwrap_or_default();
        let how_far = match state {
            GenerationState::Active => "in use".to_owned(),
            GenerationState::Building => format!("{} at position {position}; {place}", phase.as_str()),
            _ => format!("as of position {position}; {place}"),
        };
        let digest = digest.map(|digest| format!(", digest {digest}")).unwrap_or_default();
        let part = if views == ViewGroups::ALL { String::new() } else { format!(", rebuilt {views}") };
        writeln!(out, "{number:>4}  {:<9} {how_far}{begun}{part}{digest}", state.as_str())?;
    }
    Ok(out.flush()?)
}

/// A position, or the last one at or before a time.
async fn position(builder: &Builder, moment: &str) -> Result<i64, Failure> {
    if let Ok(position) = moment.parse::<i64>() {
        return if position > 0 { Ok(position) } else { Err("positions of the log begin with 1".into()) };
    }
    let time = DateTime::parse_from_rfc3339(moment).map_err(|_not_a_time| {
        format!("--until {moment:?} is neither a position of the log nor a time such as 2026-01-31T12:00:00Z")
    })?;
    match builder.position_at(time.timestamp_millis()).await.map_err(explain)? {
        0 => Err(format!("nothing was recorded until {moment}").into()),
        position => Ok(position),
    }
}

/// Adds what to do about it.
pub(super) fn explain(error: RebuildError) -> Failure {
    match error {
        RebuildError::Unprojectable { .. } => format!(
            "{error}. The active views stay as they are. Upgrade Runledger if a newer version wrote the event, or run \
             `runledger replay --keep-dead-letters`, which sets such events aside"
        )
        .into(),
        RebuildError::Hole(_) => {
            format!("{error}. `runledger verify --log` shows all of them; restore the log from a backup").into()
        }
        error => error.into(),
    }
}
