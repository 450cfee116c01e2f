//! A year of somebody who does not exist.

#![allow(
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    reason = "made-up data; each of those who include it uses a part"
)]

use std::borrow::Cow;

use chrono::{DateTime, Datelike, Days, FixedOffset, NaiveDate};
use regie_archive::{
    ArchiveError,
    model::{Choice, Entry, Instrument as File, Moment, Restriction, Run, Settings},
    source::{About, Each, Source},
};
use regie_domain::meter::{self, Instrument};
use regie_protocol::Language;
use uuid::Uuid;

pub(crate) struct Sample {
    pub(crate) entries: Vec<Entry>,
    pub(crate) runs: Vec<Run>,
    pub(crate) restriction: Option<Restriction>,
    catalogue: Vec<Cow<'static, Instrument>>,
    settings: Settings,
}

impl Source for Sample {
    fn entries(&self, each: Each<'_, Entry>) -> Result<(), ArchiveError> {
        self.entries.iter().cloned().try_for_each(each)
    }

    fn runs(&self, each: Each<'_, Run>) -> Result<(), ArchiveError> {
        self.runs.iter().cloned().try_for_each(each)
    }

    fn attachments(&self, _: regie_archive::source::EachHeld<'_>) -> Result<(), ArchiveError> {
        Ok(())
    }

    fn preview(&self, _: Uuid) -> Result<Option<Vec<u8>>, ArchiveError> {
        Ok(None)
    }

    fn instruments(&self) -> &[File] {
        &[]
    }

    fn catalogue(&self) -> &[Cow<'static, Instrument>] {
        &self.catalogue
    }

    fn choices(&self) -> &[Choice] {
        &[]
    }

    fn restriction(&self) -> Option<&Restriction> {
        self.restriction.as_ref()
    }

    fn settings(&self) -> &Settings {
        &self.settings
    }
}

pub(crate) fn about(language: Language) -> About {
    About {
        made: moment(2026, 11, 27, 10, 12),
        program: "0.1.0".into(),
        language,
        period: None,
        given_only: false,
    }
}

pub(crate) fn moment(year: i32, month: u32, day: u32, hour: u32, minute: u32) -> Moment {
    let offset = if (4..11).contains(&month) { 2 } else { 1 };
    let at = format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:00+0{offset}:00");
    let at: DateTime<FixedOffset> = at.parse().expect("a moment");
    Moment {
        at,
        zone: "Europe/Amsterdam".into(),
    }
}

pub(crate) fn held(reason: &str) -> Restriction {
    Restriction {
        since: moment(2026, 3, 3, 9, 0),
        reason: reason.into(),
    }
}

pub(crate) fn entry(written: Moment, title: &str, markdown: &str) -> Entry {
    Entry {
        id: Uuid::now_v7(),
        edited: written.at.to_utc(),
        written,
        title: title.into(),
        mood: None,
        tags: Vec::new(),
        markdown: markdown.into(),
        attachments: Vec::new(),
        restriction: None,
    }
}

/// A finished run whose scores lie near `level` (0–100).
pub(crate) fn run(instrument: &str, at: Moment, level: impl Fn(&str) -> f64) -> Run {
    let shipped = meter::shipped().expect("whole instruments");
    let of = shipped
        .iter()
        .find(|one| one.id == instrument)
        .expect("an instrument");
    let scale = of.scoring.scale;
    let width = f64::from(scale.max - scale.min);
    let mut answers = std::collections::BTreeMap::new();
    for subscale in &of.scoring.subscales {
        for (place, item) in subscale.items.iter().enumerate() {
            let wobble = ((place as f64) - 1.5) * 6.0;
            let value = ((level(&subscale.id) + wobble).clamp(0.0, 100.0) / 100.0 * width).round() as u8;
            let turned = subscale.reversed.contains(item);
            let value = if turned {
                scale.max - value
            } else {
                scale.min + value
            };
            answers.insert(item.clone(), Some(value));
        }
    }
    Run {
        id: Uuid::now_v7(),
        instrument: of.id.clone(),
        instrument_version: of.version.clone(),
        started: at.clone(),
        finished: Some(at),
        position: 0,
        note: String::new(),
        answers,
        corrected: None,
        restriction: None,
    }
}

pub(crate) fn empty() -> Sample {
    let shipped = meter::shipped().expect("whole instruments");
    Sample {
        entries: Vec::new(),
        runs: Vec::new(),
        restriction: None,
        catalogue: shipped.iter().map(Cow::Borrowed).collect(),
        settings: Settings::new(),
    }
}

/// Checks every month, a pulse a week, a check-in on most days, and an entry or two a week.
pub(crate) fn a_year(year: i32) -> Sample {
    let mut sample = empty();
    let mut dice = Dice(7);
    let first = NaiveDate::from_ymd_opt(year, 1, 1).expect("a day");
    for day in (0..330).filter_map(|at| first.checked_add_days(Days::new(at))) {
        let through = f64::from(day.ordinal()) / 330.0;
        let moment = |hour, minute| moment(year, day.month(), day.day(), hour, minute);
        let mut noise = |width: f64| (dice.roll(1000) as f64 / 1000.0 - 0.5) * width;
        let base = 42.0 + 26.0 * through + 6.0 * (through * 19.0).sin();
        let levels = [noise(16.0), noise(14.0), noise(10.0), noise(30.0)];
        let level = move |id: &str| match id {
            "energy" => base + levels[0],
            "motivation" => base + 8.0 + levels[1],
            "resilience" => 58.0 + levels[2],
            _ => base + levels[3],
        };
        if day.ordinal() % 27 == 5 {
            let mut check = run("vitality-16", moment(20, 30), level);
            check.note = match day.month() {
                2 => "Twee weken met veel overwerk achter de rug.".into(),
                6 => "Net terug van Vlieland. Dat scheelt: ik slaap weer door.".into(),
                _ => String::new(),
            };
            sample.runs.push(check);
        }
        if day.ordinal() % 7 == 1 {
            let mut pulse = run("pulse-4", moment(9, 5), level);
            if day.ordinal() == 57 {
                pulse.restriction = Some(held("Ik vulde dit in voor iemand anders"));
            }
            sample.runs.push(pulse);
        }
        if dice.roll(10) < 7 {
            let mut in_between = run("check-in-2", moment(8, 40), level);
            if dice.roll(12) == 0 {
                in_between.note = "Kort geslapen, wel buiten geweest.".into();
            }
            sample.runs.push(in_between);
        }
        if dice.roll(11) < 2 {
            let (title, body) = TEXTS[sample.entries.len() % TEXTS.len()];
            let mut written = entry(moment(21, 14), title, body);
            written.mood = [None, Some(2), Some(4), Some(3), Some(5)][sample.entries.len() % 5];
            if sample.entries.len().is_multiple_of(3) {
                written.tags = vec!["wandelen".into(), "ochtend".into()];
            }
            if sample.entries.len() == 9 {
                written.restriction = Some(held("Klopt niet, ik wil dit eerst nakijken"));
            }
            sample.entries.push(written);
        }
    }
    sample
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const TEXTS: [(&str, &str); 8] = [
    (
        "Eerst wandelen",
        "Vanochtend lukte het om eerst te wandelen en pas daarna de laptop open te doen. Langs het kanaal stond de mist nog op het water. Ik merkte dat ik **niet** aan de vergadering dacht, pas bij de brug weer.\n\nWat hielp: de schoenen gisteravond al klaarzetten. Wat niet hielp: de telefoon mee. Morgen laat ik hem thuis.",
    ),
    (
        "Gesprek met mijn leidinggevende over werkdrukvermindering",
        "We hadden het over de *arbeidsongeschiktheidsverzekering* en over de verantwoordelijkheidsverdeling in het team. Ik had drie dingen opgeschreven:\n\n1. minder avonddiensten\n2. één vaste dag zonder overleg\n   - liefst de woensdag\n   - anders de vrijdagochtend\n3. iemand die meekijkt bij de kwartaalafsluiting\n\nZe zei:\n\n> Zet het op papier, dan neem ik het mee naar het managementteamoverleg. Ik kan niets beloven, maar ik begrijp het wel.\n\nDat laatste bleef hangen.",
    ),
    (
        "",
        "Weinig te vertellen. Regen, soep, op tijd naar bed. 🌧️🍲\n\nToch fijn.",
    ),
    (
        "Op de markt",
        "Twee uur niet aan werk gedacht. De geur van stroopwafels, een man met een draaiorgel, en Łukasz van de kaas die vroeg hoe het met mijn moeder ging.\n\n## Meegenomen\n\n- appels van Van der Meer\n- **geen** koek (nou ja, één)\n- het idee om hier vaker heen te gaan\n\n## Later\n\nThuis de [foto’s van vorig jaar](https://example.org/fotos/2025/markt) bekeken. Daar stond ik ook te lachen.",
    ),
    (
        "Te laat gestopt",
        "Weer tot tien uur gemaild. Morgen zet ik de wekker *andersom*: een wekker die zegt dat het klaar is.\n\n---\n\nLater op de avond: gedaan. Om 17:30 gaat hij af, met dat irritante marimbadeuntje.",
    ),
    (
        "Slecht geslapen, goed gedacht",
        "Om vier uur wakker. Eerst geërgerd, toen opgestaan, thee gezet en uit het raam gekeken. De buurvrouw van de overkant was ook wakker; we zwaaiden.\n\nDaarna schreef ik in één keer op wat me dwarszat:\n\n> Dat ik ja zeg voordat ik weet wat er gevraagd wordt.\n\nEn wat ik daaraan zou kunnen doen: \"ik kom er morgen op terug\" op een briefje naast het toetsenbord. Het staat er nu. `morgen`, in hoofdletters.",
    ),
    (
        "Naar zee 🌊",
        "Met z’n vieren naar Zandvoort. Wind tegen op de heenweg, wind tegen op de terugweg, hoe dan ook. We hebben gelachen om de hond van een onbekende die een complete strandtent leegjoeg.\n\nHoogtepunten:\n\n- de eerste minuut met blote voeten in het water\n- niet één keer op mijn telefoon gekeken\n- frites met te veel mayonaise\n\nIk wil dit onthouden voor als het november is.",
    ),
    (
        "Nee gezegd",
        "Voor het eerst een extra dienst geweigerd. Mijn stem trilde. **Het kon gewoon.** Er gebeurde *niets ergs*, ***helemaal niets***. Ik heb het aan Fatima verteld en die zei alleen maar: eindelijk.",
    ),
];
