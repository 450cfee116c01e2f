//! `LEESMIJ.txt` and `README.txt`: what this is, for whoever finds it without Regie.

use chrono::{Locale, NaiveDate};
use regie_protocol::{Language, Text};

use crate::{
    ArchiveError,
    export::{Counts, Parts},
    pack::{self, Pack},
    source::About,
};

/// Names of the parts.
pub(crate) const NAMES: [(&str, Language); 2] = [("LEESMIJ.txt", Language::Nl), ("README.txt", Language::En)];

pub(crate) fn write(
    pack: &mut Pack<'_>,
    about: &About,
    parts: &Parts,
    counts: Counts,
    report: bool,
) -> Result<(), ArchiveError> {
    for (name, language) in NAMES {
        let page = Page {
            about,
            parts,
            counts,
            report,
            language,
        };
        pack.whole(name, page.text().as_bytes())?;
    }
    Ok(())
}

struct Page<'a> {
    about: &'a About,
    parts: &'a Parts,
    counts: Counts,
    report: bool,
    language: Language,
}

impl Page<'_> {
    fn text(&self) -> String {
        let sections = [
            self.head(),
            self.contents(),
            self.opening(),
            self.care(),
            self.purpose(),
        ];
        let mut text = sections.join("\n\n");
        text.push('\n');
        text
    }

    fn say(&self, nl: &'static str, en: &'static str) -> &'static str {
        Text { nl, en }.in_language(self.language)
    }

    fn day(&self, day: NaiveDate) -> String {
        match self.language {
            Language::Nl => day.format_localized("%-d %B %Y", Locale::nl_NL).to_string(),
            Language::En => day.format_localized("%-d %B %Y", Locale::en_GB).to_string(),
        }
    }

    fn head(&self) -> String {
        let title = self.say(
            "Wat je hebt meegenomen uit Regie",
            "What you took along from Regie",
        );
        let made = self.about.made.at;
        let day = self.day(made.date_naive());
        let time = made.format("%H:%M");
        let program = &self.about.program;
        let period = self.about.period.map(|(from, to)| {
            let (from, to) = (self.day(from), self.day(to));
            match self.language {
                Language::Nl => format!("\nHierin zit de periode van {from} tot en met {to}."),
                Language::En => format!("\nIt holds the period from {from} to {to}."),
            }
        });
        let made = match self.language {
            Language::Nl => format!("Gemaakt op {day} om {time}, met Regie {program}."),
            Language::En => format!("Made on {day} at {time}, with Regie {program}."),
        };
        let given = if self.about.given_only {
            self.say(
                "\nHierin zit alleen wat iemand zelf heeft gegeven: geen uitkomsten, keuzes of instellingen.",
                "\nIt holds only what a person gave themselves: no scores, choices or settings.",
            )
        } else {
            ""
        };
        let rule = "=".repeat(title.chars().count());
        format!("{title}\n{rule}\n\n{made}{}{given}", period.unwrap_or_default())
    }

    fn contents(&self) -> String {
        let mut lines = vec![
            self.say("Wat erin zit", "What is in it").to_owned(),
            String::new(),
        ];
        let counted = [
            (
                self.counts.entries,
                "dagboekbericht",
                "dagboekberichten",
                "diary entry",
                "diary entries",
            ),
            (
                self.counts.runs,
                "check, pulse of check-in",
                "checks, pulses en check-ins",
                "check, pulse or check-in",
                "checks, pulses and check-ins",
            ),
            (
                self.counts.instruments,
                "eigen vragenlijst",
                "eigen vragenlijsten",
                "questionnaire of your own",
                "questionnaires of your own",
            ),
        ];
        let attached = [
            (self.counts.photos, "foto", "foto's", "photo", "photos"),
            (
                self.counts.recordings,
                "opname",
                "opnamen",
                "recording",
                "recordings",
            ),
        ];
        let attached = attached.into_iter().filter(|(count, ..)| *count > 0);
        for (count, one_nl, more_nl, one_en, more_en) in counted.into_iter().chain(attached) {
            let word = if count == 1 {
                self.say(one_nl, one_en)
            } else {
                self.say(more_nl, more_en)
            };
            lines.push(format!("  {count} {word}"));
        }
        lines.extend(self.incomplete());
        lines.push(String::new());
        for (there, name, nl, en) in self.listed() {
            if there {
                lines.push(format!("  {name:<26}{}", self.say(nl, en)));
            }
        }
        lines.join("\n")
    }

    /// What of photos and recordings was not on the device that made this.
    fn incomplete(&self) -> Vec<String> {
        let (previews, missing) = (self.counts.previews, self.counts.missing);
        let previews = (previews > 0).then(|| match (self.language, previews) {
            (Language::Nl, 1) => "van 1 foto zit alleen een kleine versie hierin.".to_owned(),
            (Language::Nl, more) => format!("van {more} foto's zit alleen een kleine versie hierin."),
            (Language::En, 1) => "of 1 photo only a small version is in here.".to_owned(),
            (Language::En, more) => format!("of {more} photos only a small version is in here."),
        });
        let missing = (missing > 0).then(|| match (self.language, missing) {
            (Language::Nl, 1) => {
                "1 foto of opname zit er niet in. Die stond niet op dit apparaat.".to_owned()
            }
            (Language::Nl, more) => {
                format!("{more} foto's of opnamen zitten er niet in. Die stonden niet op dit apparaat.")
            }
            (Language::En, 1) => "1 photo or recording is not in here. It was not on this device.".to_owned(),
            (Language::En, more) => {
                format!("{more} photos or recordings are not in here. They were not on this device.")
            }
        });
        let note = self.say("Let op:", "Note:");
        let lines = previews.into_iter().chain(missing);
        lines.map(|line| format!("  {note} {line}")).collect()
    }

    fn listed(&self) -> [(bool, &'static str, &'static str, &'static str); 9] {
        [
            (
                self.counts.photos + self.counts.recordings > 0,
                "attachments/",
                "je foto's en opnamen",
                "your photos and recordings",
            ),
            (
                self.report,
                "report/",
                "een leesbaar verslag, om te bewaren of te laten zien",
                "a readable report, to keep or to show",
            ),
            (
                self.parts.diary,
                "diary/",
                "je dagboek: één tekstbestand per bericht",
                "your diary: one text file for each entry",
            ),
            (
                self.parts.csv,
                "csv/",
                "tabellen voor een rekenblad",
                "tables for a spreadsheet",
            ),
            (
                self.parts.fhir,
                "fhir/bundle.json",
                "checks in FHIR R4B, een vorm voor zorgsystemen",
                "checks in FHIR R4B, a form for systems in health care",
            ),
            (
                self.parts.consent && !self.about.given_only,
                "consent.json",
                "waarvoor je toestemming gaf of introk",
                "what you consented to or took back",
            ),
            (
                true,
                "data.json",
                "alles, volledig; dit leest Regie weer in",
                "all of it, complete; Regie reads this back",
            ),
            (
                true,
                crate::parts::json::SCHEMA.0,
                "beschrijft data.json voor programma's",
                "describes data.json for programs",
            ),
            (
                true,
                pack::CHECKSUMS,
                "laat zien of er iets veranderd is",
                "shows whether anything was changed",
            ),
        ]
    }

    fn opening(&self) -> String {
        self.say(
            "Hoe je het opent\n\n\
             Pak het zip-bestand eerst uit. De tekstbestanden openen in elke tekstverwerker of in het kladblok. In Excel kies je voor een\n\
             tabel: Gegevens, Uit tekst/CSV, scheidingsteken komma. Staat er een apostrof (') vooraan in een cel? Die zorgt dat een\n\
             rekenblad je tekst niet als formule uitvoert.\n\
             Wil je alles terug in Regie? Kies daar Binnenhalen en wijs het hele bestand aan, niet uitgepakt.",
            "How to open it\n\n\
             Unpack the zip file first. The text files open in any word processor or notepad. In Excel, open a table by Data, From\n\
             Text/CSV, with a comma as delimiter. Is there an apostrophe (') at the beginning of a cell? It keeps a spreadsheet from\n\
             running your text as a formula.\n\
             Do you want all of it back in Regie? Choose Bring in there and point at the whole file, not unpacked.",
        )
        .to_owned()
    }

    fn care(&self) -> String {
        self.say(
            "Let op\n\n\
             Uitgepakt is dit niet versleuteld: iedereen die bij deze bestanden kan, kan ze lezen. Bewaar ze waar alleen jij bij kunt, en\n\
             gooi ze weg als je ze niet meer nodig hebt.",
            "Take care\n\n\
             Once unpacked, this is not encrypted: anybody who can reach these files can read them. Keep them where only you can, and\n\
             throw them away when you no longer need them.",
        )
        .to_owned()
    }

    fn purpose(&self) -> String {
        self.say(
            "Waar het voor is\n\n\
             Regie is om voor jezelf terug te kijken op je energie en je dagen. Het is niet bedoeld om ziekte vast te stellen, te\n\
             voorkomen, te volgen, te voorspellen, te behandelen of te verlichten, en ook niet voor beslissingen over zorg of werk. De\n\
             vragenlijsten van Regie zelf zijn voorlopig: er is nog geen onderzoek naar gedaan.",
            "What it is for\n\n\
             Regie is for looking back on your energy and your days by yourself. It is not meant to diagnose, prevent, monitor, predict,\n\
             treat or alleviate disease, nor for decisions about care or work. Regie's own questionnaires are provisional: they have\n\
             not been studied yet.",
        )
        .to_owned()
    }
}
