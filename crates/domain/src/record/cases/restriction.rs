use super::{Case, Go, Stay, check, hold};
use crate::restriction::Everything;

const MAY: &str = "2026-05-03T08:00:00+02:00";
const JUNE: &str = "2026-06-03T08:00:00+02:00";

fn held(since: &str, reason: &str) -> Everything {
    Everything::new(Some(hold(since, reason)))
}

#[test]
fn everything_stays_on_hold_until_somebody_who_knew_it_releases_it() {
    let free = Everything::default();
    let cases: Vec<Case<Everything>> = vec![
        (
            "put on hold on one device: on hold everywhere",
            Some(free.clone()),
            held(MAY, "Klacht."),
            free.clone(),
            held(MAY, "Klacht."),
            Go,
        ),
        (
            "released by who knew: released everywhere",
            Some(held(MAY, "Klacht.")),
            free.clone(),
            held(MAY, "Klacht."),
            free.clone(),
            Go,
        ),
        (
            "released here, another reason there: it rests",
            Some(held(MAY, "")),
            free.clone(),
            held(MAY, "Klacht."),
            held(MAY, "Klacht."),
            Stay,
        ),
        (
            "put on hold on both: since the earlier day, for both reasons",
            Some(free.clone()),
            held(JUNE, "Klacht."),
            held(MAY, "Rust."),
            held(MAY, "Rust. Klacht."),
            Stay,
        ),
        (
            "put on hold on both for the same reason: since the earlier day",
            Some(free.clone()),
            held(JUNE, "Klacht."),
            held(MAY, "Klacht."),
            held(MAY, "Klacht."),
            Stay,
        ),
        (
            "two reasons for what was on hold already: both",
            Some(held(MAY, "")),
            held(MAY, "Klacht."),
            held(MAY, "Rust."),
            held(MAY, "Rust. Klacht."),
            Stay,
        ),
        (
            "a reason was put right on one device",
            Some(held(MAY, "Klagt.")),
            held(MAY, "Klacht."),
            held(MAY, "Klagt."),
            held(MAY, "Klacht."),
            Go,
        ),
        (
            "devices that never met, one on hold: on hold",
            None,
            free.clone(),
            held(MAY, "Klacht."),
            held(MAY, "Klacht."),
            Stay,
        ),
        (
            "released and put on hold anew here, untouched there: as it is here",
            Some(held(MAY, "Klacht.")),
            held(JUNE, ""),
            held(MAY, "Klacht."),
            held(JUNE, ""),
            Go,
        ),
        (
            "released on both: released",
            Some(held(MAY, "Klacht.")),
            free.clone(),
            free.clone(),
            free,
            Go,
        ),
    ];
    check(&cases);
}
