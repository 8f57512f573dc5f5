//! The log: every position has an event, every event reads, what was archived is as it was written, and the guards are what the
//! events made of them.

use runledger_domain::RecordedEvent;
use runledger_storage::{Error, EventLog, ReadLimit};

use super::Finding;
use super::guards::Expected;

const LIMIT: ReadLimit = ReadLimit { events: 16_000, bytes: 32 << 20 };

/// What the events so far say.
#[derive(Default)]
struct Reading {
    position: i64,
    guards: Expected,
    findings: Vec<Finding>,
    /// Positions in archived objects that are not what was written, both ends included. They are not read.
    broken: Vec<(i64, i64)>,
}

/// Reads the whole log, up to where it ends once that is near. `read` is told the position and the end as it is known, `found`
/// what is wrong. Returns the position up to which it read.
pub async fn verify_log(
    log: &EventLog,
    mut read: impl FnMut(i64, i64) + Send,
    mut found: impl FnMut(Finding) + Send,
) -> Result<i64, Error> {
    let broken = check_archives(log, &mut found).await?;
    let head = log.head().await?;
    let reading = Reading { broken, ..Reading::default() };
    let mut reading = read_to(log, reading, head, &mut read, &mut found).await?;
    // The guards are of one moment, and so has the log to be. What came meanwhile is little.
    let mut snapshot = log.guards().await?;
    reading = read_to(log, reading, snapshot.head, &mut read, &mut found).await?;
    if !reading.broken.is_empty() {
        found(Finding::new("guards", "were not looked at, because not all events can be read"));
        return Ok(reading.position);
    }
    while let Some(page) = snapshot.next().await? {
        page.into_iter().filter_map(|row| reading.guards.check(&row)).for_each(&mut found);
    }
    reading.guards.missing().for_each(&mut found);
    Ok(reading.position)
}

/// Looks whether each object is what was written, and returns what is in those that are not.
async fn check_archives(log: &EventLog, found: &mut (impl FnMut(Finding) + Send)) -> Result<Vec<(i64, i64)>, Error> {
    let mut broken = Vec::new();
    for (archived, _) in log.archived_objects().await? {
        if let Some(problem) = log.check_archive(&archived).await? {
            let subject =
                format!("archived events {} to {}, object {}", archived.first, archived.last, archived.object);
            found(Finding::new(subject, problem));
            broken.push((archived.first, archived.last));
        }
    }
    Ok(broken)
}

async fn read_to(
    log: &EventLog,
    reading: Reading,
    upto: i64,
    read: &mut (impl FnMut(i64, i64) + Send),
    found: &mut (impl FnMut(Finding) + Send),
) -> Result<Reading, Error> {
    let mut reading = reading;
    while reading.position < upto {
        let next = reading.position + 1;
        if let Some((_, last)) = reading.broken.iter().find(|(first, last)| (*first..=*last).contains(&next)) {
            reading.position = *last;
            continue;
        }
        let readable = reading.broken.iter().map(|(first, _)| first - 1).filter(|end| *end >= next).min();
        let events = LIMIT.events.min(readable.unwrap_or(upto).min(upto) - reading.position);
        let events = log.read(reading.position, ReadLimit { events, ..LIMIT }).await?;
        let taken = tokio::task::spawn_blocking(move || {
            reading.take(events, upto);
            reading
        });
        reading =
            taken.await.map_err(|source| Error::Backend { operation: "read events", source: Box::new(source) })?;
        reading.findings.drain(..).for_each(&mut *found);
        read(reading.position, upto);
    }
    Ok(reading)
}

impl Reading {
    /// Takes what follows the position; with no events at all, there is nothing up to `upto`.
    fn take(&mut self, events: Vec<RecordedEvent>, upto: i64) {
        if events.is_empty() {
            self.hole(upto);
        }
        for recorded in events {
            // A read may reach beyond a hole, and then beyond the end.
            if recorded.position > upto {
                self.hole(upto);
                return;
            }
            self.hole(recorded.position - 1);
            self.position = recorded.position;
            match recorded.decode() {
                Ok(event) => self.guards.take(&recorded, &event),
                Err(error) => {
                    let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
                    let reason: Vec<String> = causes.map(ToString::to_string).collect();
                    let subject = format!("log, position {}", recorded.position);
                    self.findings.push(Finding::new(subject, format!("does not read: {}", reason.join(": "))));
                }
            }
        }
    }

    /// The next event comes after `last`.
    fn hole(&mut self, last: i64) {
        let first = self.position + 1;
        if first <= last {
            let subject = if first == last {
                format!("log, position {first}")
            } else {
                format!("log, positions {first} to {last}")
            };
            self.findings.push(Finding::new(subject, "no event is there"));
            self.position = last;
        }
    }
}
