//! How long the read model takes to catch up once the load has stopped.

use std::time::{Duration, Instant};

use crate::{
    args::Lag,
    client::{Keep, Target},
    error::BenchError,
    report::Report,
};

const METRIC: &str = "runledger_projector_lag_events";
/// Past this the projector is stuck, not behind.
const PATIENCE: Duration = Duration::from_mins(2);

/// Adds the lag to `report` when a metrics page is given.
pub(crate) async fn after(lag: &Lag, mut report: Report) -> Result<Report, BenchError> {
    let Some(url) = &lag.lag_url else { return Ok(report) };
    let started = Instant::now();
    let target = Target::parse(url, Duration::from_secs(10))?;
    let mut connection = target.connection();
    loop {
        let answer = connection.get("", Keep::Body).await;
        let answer = answer.map_err(|failure| BenchError::Setup { what: "read the projector's lag", failure })?;
        let Some(events) = sum(&String::from_utf8_lossy(&answer.body)) else {
            report.note = Some(format!("{url} has no {METRIC}"));
            return Ok(report);
        };
        report.lag_events.get_or_insert(events);
        if events <= 0.0 {
            report.lag_s = Some(started.elapsed().as_secs_f64());
            return Ok(report);
        }
        if started.elapsed() > PATIENCE {
            report.note = Some(format!("still {events} events behind after {} s", PATIENCE.as_secs()));
            return Ok(report);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The metric summed over its labels; `None` when the page does not have it.
fn sum(page: &str) -> Option<f64> {
    page.lines()
        .filter_map(|line| {
            let rest = line.strip_prefix(METRIC)?;
            if !rest.starts_with(['{', ' ']) {
                return None;
            }
            rest.rsplit_once(' ')?.1.parse::<f64>().ok()
        })
        .reduce(|a, b| a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_the_labels() {
        let page = "# HELP runledger_projector_lag_events x\nrunledger_projector_lag_events{view=\"runs\"} 3\n\
                    runledger_projector_lag_events{view=\"other\"} 4\nrunledger_projector_lag_events_max 9\n";
        assert_eq!(sum(page), Some(7.0));
        assert_eq!(sum("up 1\n"), None);
    }
}
