//! Processes: memory of a server with its workers, and time from start to first answer.

use std::{
    collections::HashMap,
    fs::{self, File},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    args::Name,
    client::{Keep, Target},
    error::BenchError,
    report::{Report, count_f64},
};

/// Clock ticks per second in `/proc/*/stat`: the same on every Linux.
const TICKS: f64 = 100.0;

/// RSS and PSS of `pid` and all its descendants. PSS counts a page shared by n processes as 1/n in each.
pub(crate) fn memory(name: &Name, pid: u32, moment: &str) -> Result<Report, BenchError> {
    let (mut rss, mut pss) = (0, 0);
    let family = descendants(pid)?;
    for &member in &family {
        let path = PathBuf::from(format!("/proc/{member}/smaps_rollup"));
        // A worker may end between the listing and the reading.
        let Ok(text) = fs::read_to_string(&path) else { continue };
        rss += kib(&text, "Rss:");
        pss += kib(&text, "Pss:");
    }
    let mut report = Report::new(moment);
    report.rss_mib = Some(count_f64(rss) / 1024.0);
    report.pss_mib = Some(count_f64(pss) / 1024.0);
    report.processes = Some(family.len());
    name.put(&mut report);
    Ok(report)
}

/// CPU seconds this process has used.
pub(crate) fn own_cpu() -> Result<f64, BenchError> {
    let path = PathBuf::from("/proc/self/stat");
    let fields = stat_fields(&path)?;
    // User and system time are the fields 14 and 15, counted from 1; the fields begin at the third.
    let ticks: u64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(count_f64(ticks) / TICKS)
}

/// What `start` starts and how it watches it.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) health: String,
    pub(crate) log: PathBuf,
    pub(crate) patience: u64,
    pub(crate) detach: bool,
    pub(crate) command: Vec<String>,
}

/// Starts a server and times it to its first 200.
pub(crate) async fn start(name: &Name, options: &Start) -> Result<Report, BenchError> {
    let target = Target::parse(&options.health, Duration::from_secs(2))?;
    let started = Instant::now();
    let mut child = spawn(options)?;
    let mut connection = target.connection();
    loop {
        if connection.get("", Keep::Length).await.is_ok() {
            break;
        }
        let ended = child.try_wait().is_ok_and(|status| status.is_some());
        if ended || started.elapsed() > Duration::from_secs(options.patience) {
            stop(&mut child).await;
            return Err(BenchError::NotStarted {
                command: options.command.join(" "),
                health: options.health.clone(),
                seconds: started.elapsed().as_secs(),
                log: options.log.display().to_string(),
            });
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut report = Report::new("start");
    report.seconds = started.elapsed().as_secs_f64();
    report.note = Some(format!("{:.2} s to the first answer", report.seconds));
    name.put(&mut report);
    if options.detach {
        report.pid = Some(child.id());
    } else {
        stop(&mut child).await;
    }
    Ok(report)
}

fn spawn(options: &Start) -> Result<Child, BenchError> {
    let log = File::create(&options.log).map_err(|source| BenchError::Io { path: options.log.clone(), source })?;
    let errors = log.try_clone().map_err(|source| BenchError::Io { path: options.log.clone(), source })?;
    let (program, arguments) = options.command.split_first().map_or(("", &[][..]), |(p, a)| (p.as_str(), a));
    Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|source| BenchError::Io { path: program.into(), source })
}

/// Asks the whole process group to end, then insists.
async fn stop(child: &mut Child) {
    let group = format!("-{}", child.id());
    for (signal, patience) in [("-TERM", Duration::from_secs(10)), ("-KILL", Duration::from_secs(2))] {
        // A group that is already gone is what is wanted.
        drop(Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status());
        let asked = Instant::now();
        while asked.elapsed() < patience {
            if child.try_wait().is_ok_and(|status| status.is_some()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn descendants(pid: u32) -> Result<Vec<u32>, BenchError> {
    let proc = Path::new("/proc");
    let entries = fs::read_dir(proc).map_err(|source| BenchError::Io { path: proc.into(), source })?;
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in entries.flatten() {
        let Some(member) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(fields) = stat_fields(&entry.path().join("stat")) else { continue };
        if let Some(parent) = fields.get(1).and_then(|field| field.parse().ok()) {
            children.entry(parent).or_default().push(member);
        }
    }
    let mut family = vec![pid];
    let mut next = 0;
    while let Some(&member) = family.get(next) {
        family.extend(children.remove(&member).unwrap_or_default());
        next += 1;
    }
    Ok(family)
}

/// The fields of a `stat` file from the third on: before it stands the command, which may hold blanks and brackets.
fn stat_fields(path: &Path) -> Result<Vec<String>, BenchError> {
    let text = fs::read_to_string(path).map_err(|source| BenchError::Io { path: path.into(), source })?;
    let after = text.rsplit_once(')').map_or("", |(_, after)| after);
    Ok(after.split_whitespace().map(str::to_owned).collect())
}

fn kib(text: &str, field: &str) -> u64 {
    let value = text.lines().find_map(|line| line.strip_prefix(field));
    value.and_then(|value| value.trim().trim_end_matches("kB").trim().parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_this_process() {
        let name = Name { label: String::new(), round: 1, size: None };
        let report = memory(&name, std::process::id(), "memory").unwrap();
        assert!(report.rss_mib.unwrap() >= report.pss_mib.unwrap());
        assert!(report.pss_mib.unwrap() > 0.1);
    }
}
