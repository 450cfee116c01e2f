//! Memory and processor time of a process and all that it started; memory in proportional set size: what is shared is divided by those who
//! share it.

use std::fs;
use std::time::Duration;

use anyhow::Context;

/// In MiB, over the process and its descendants.
pub(crate) fn proportional_mib(process: u32) -> anyhow::Result<f64> {
    let kib = family(process)?.into_iter().map(proportional_kib).sum::<f64>();
    anyhow::ensure!(kib > 0.0, "the memory of the window could not be read");
    Ok(kib / 1024.0)
}

/// Processor time that a process and its descendants have used so far, in the ticks of a hundredth of a second that Linux
/// counts in.
pub(crate) fn processor_time(process: u32) -> anyhow::Result<Duration> {
    let ticks: u64 = family(process)?.into_iter().map(ticks).sum();
    anyhow::ensure!(ticks > 0, "the processor time of the window could not be read");
    Ok(Duration::from_millis(ticks * 10))
}

/// Nothing when the process has gone meanwhile.
fn ticks(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name may hold spaces; what follows it is fields 3 and on, and 14 and 15 are the ticks.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let fields = after_name.split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// A process and its descendants.
pub(crate) fn family(process: u32) -> anyhow::Result<Vec<u32>> {
    let parents = parents()?;
    let mut family = vec![process];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        let children = parents.iter().filter(|(_, of)| *of == parent);
        family.extend(children.map(|(child, _)| *child));
        next += 1;
    }
    Ok(family)
}

/// Every process with its parent.
fn parents() -> anyhow::Result<Vec<(u32, u32)>> {
    let processes = fs::read_dir("/proc").context("no /proc: memory is measured on Linux only")?;
    let ids = processes.filter_map(|item| item.ok()?.file_name().to_str()?.parse().ok());
    Ok(ids.filter_map(|id| Some((id, parent(id)?))).collect())
}

/// `None` when the process has gone meanwhile.
fn parent(process: u32) -> Option<u32> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    field(&status, "PPid:")
}

/// Whether a process still holds memory; one that has ended and waits to be noticed does not.
pub(crate) fn is_held(process: u32) -> bool {
    proportional_kib(process) > 0.0
}

/// Nothing when the process has gone meanwhile.
fn proportional_kib(process: u32) -> f64 {
    fs::read_to_string(format!("/proc/{process}/smaps_rollup"))
        .ok()
        .and_then(|rollup| field(&rollup, "Pss:"))
        .unwrap_or_default()
}

fn field<T: std::str::FromStr>(text: &str, name: &str) -> Option<T> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found() {
        let rollup = "5581 ---p\nRss:  123 kB\nPss:            4567 kB\nPss_Dirty: 9 kB\n";
        assert_eq!(field(rollup, "Pss:"), Some(4567.0));
        assert_eq!(field::<u32>("Name:\tx\nPPid:\t12\n", "PPid:"), Some(12));
    }
}
