//! What the report says, in both languages.

use chrono::{DateTime, FixedOffset, Locale, NaiveDate};
use regie_domain::meter::change::{Band, Basis, Change, FEWEST_RESULTS};
use regie_protocol::{Language, Text};

/// Pairs of texts; one that lacks a language does not compile.
macro_rules! texts {
    ($($name:ident: $nl:literal, $en:literal;)*) => {
        $(pub(super) const $name: Text = Text { nl: $nl, en: $en };)*
    };
}

texts! {
    DIARY_AND_CHECKS: "Dagboek en checks", "Diary and checks";
    DIARY: "Dagboek", "Diary";
    CHECKS: "Checks", "Checks";
    CONTENTS: "Inhoud", "Contents";
    SKIP: "Naar de inhoud", "To the contents";
    UNPROTECTED: "Dit bestand is niet versleuteld. Wie het heeft, kan het lezen.", "This file is not encrypted. Whoever has it can read it.";
    NOTHING: "In deze periode staat er niets.", "There is nothing in this period.";
    GIVEN_ONLY: "Hierin staat alleen wat je zelf hebt gegeven: geen getallen en geen vergelijking.", "This holds only what you gave yourself: no numbers and no comparison.";
    ABOUT: "Wat dit is, en wat niet", "What this is, and what not";
    ABOUT_USE: "Regie helpt volwassenen om na te denken over hun energie en hun dagelijks leven. Getallen vatten iemands eigen antwoorden samen en staan naast de eigen eerdere antwoorden, nooit naast die van anderen.", "Regie helps adults reflect on their energy and their daily life. Numbers sum up somebody's own answers and stand beside their own earlier ones, never beside those of others.";
    ABOUT_NOT: "Regie is niet bedoeld om een ziekte vast te stellen, te voorkomen, te volgen, te voorspellen, te behandelen of te verlichten, en ook niet om over zulke dingen te beslissen. Er zijn geen grenzen voor goed of slecht.", "Regie is not meant to diagnose, prevent, monitor, predict, treat or alleviate disease, nor to inform such decisions. There are no limits for good or bad.";
    ABOUT_HELD: "Wat is stilgezet, staat er wel in, met de reden erbij. Het telt niet mee in grafieken en vergelijkingen.", "What is on hold stands here too, with the reason beside it. It does not count in charts and comparisons.";
    ALL_HELD: "Alles is stilgezet. Daarom zijn er geen grafieken en geen vergelijkingen.", "Everything is on hold. So there are no charts and no comparisons.";
    HOW: "Hoe is dit berekend?", "How is this worked out?";
    HOW_SCORE: "Elke uitspraak hoort bij één onderdeel. Een getal is het gemiddelde van je antwoorden daarop, omgerekend naar 0–100: het laagste antwoord is 0, het hoogste 100. Bij uitspraken die andersom zijn gesteld, is je antwoord omgedraaid.", "Each statement belongs to one part. A number is the mean of your answers to it, turned into 0–100: the lowest answer is 0, the highest 100. Where a statement is put the other way round, your answer was turned round too.";
    HOW_MISSING: "Overgeslagen uitspraken tellen niet mee. Zijn er te veel overgeslagen, dan is er geen getal. Dan staat er een streepje.", "Statements that you skipped do not count. When too many were skipped, there is no number. Then there is a dash.";
    HOW_NOISE: "Niemand antwoordt elke keer precies hetzelfde. De lichte band in een grafiek laat zien hoeveel jouw uitkomsten van keer tot keer vanzelf op en neer gaan. Pas vanaf acht uitkomsten is daar iets over te zeggen.", "Nobody answers exactly the same each time. The light band in a chart shows how much your results go up and down by themselves from one time to the next. Only from eight results on something can be said about that.";
    HOW_CHANCE: "Ook als er niets verandert, valt ongeveer één op de twintig uitkomsten buiten de band. Een verschil van één antwoord, één plaats verder, heet nooit een verandering.", "Even when nothing changes, about one in twenty results falls outside the band. A difference of one answer, one place further, is never called a change.";
    HOW_FORMULA: "De band is het gemiddelde van hoogstens 24 eerdere uitkomsten ± t × s × de wortel uit (1 + 1/m). Daarin is m hun aantal, s² de helft van het gemiddelde kwadraat van de verschillen tussen opeenvolgende uitkomsten, en t hoort bij 95%. Bron: von Neumann, Kent, Bellinson en Hart (1941). Bij een vragenlijst waar onderzoek naar is gedaan, is het de ‘reliable change index’ van Jacobson en Truax (1991).", "The band is the mean of at most 24 earlier results ± t × s × the square root of (1 + 1/m). Here m is their number, s² half the mean square of the differences between results in a row, and t goes with 95%. Source: von Neumann, Kent, Bellinson and Hart (1941). For a questionnaire that has been studied it is the reliable change index of Jacobson and Truax (1991).";
    TREND: "Je verloop", "Over time";
    TREND_LEAD: "Vergeleken met je eigen eerdere uitkomsten.", "Compared with your own earlier results.";
    BAND: "De lichte band is wat toeval kan doen. Binnen de band: geen duidelijke verandering.", "The light band is what chance can do. Inside the band: no clear change.";
    WEEKS: "Elk punt is het gemiddelde van een week.", "Each point is the mean of a week.";
    MONTHS: "Elk punt is het gemiddelde van een maand.", "Each point is the mean of a month.";
    MIXED: "Waar veel uitkomsten zijn, is een punt het gemiddelde van een week of een maand.", "Where there are many results, a point is the mean of a week or a month.";
    AS_TABLE: "Als tabel", "As a table";
    DATE: "Datum", "Date";
    WEEK_OF: "Week van", "Week of";
    MONTH: "Maand", "Month";
    NUMBER: "Uitkomst", "Result";
    SPREAD: "Laagste–hoogste", "Lowest–highest";
    RESULTS: "Je uitkomsten", "Your results";
    NOTE: "Notitie:", "Note:";
    STATEMENT: "Uitspraak", "Statement";
    ANSWER: "Antwoord", "Answer";
    SKIPPED: "overgeslagen", "skipped";
    WHEN: "Wanneer", "When";
    OUTCOME: "Uitkomst", "Result";
    PROVISIONAL: "Voorlopig:", "Provisional:";
    PLACEHOLDERS: "Waar ¤ staat, had dit apparaat geen letter voor het teken. In het archief staat het teken er wel.", "Where there is a ¤, this device had no letter for the sign. The archive has the sign itself.";
    IMAGE: "beeld", "image";
}

/// From heavy to light, as the diary says them.
pub(super) const MOODS: [Text; 5] = [
    Text {
        nl: "zwaar",
        en: "heavy",
    },
    Text {
        nl: "mat",
        en: "flat",
    },
    Text {
        nl: "gewoon",
        en: "ordinary",
    },
    Text {
        nl: "licht",
        en: "light",
    },
    Text {
        nl: "blij",
        en: "glad",
    },
];

/// The sentences that have something filled in.
#[derive(Clone, Copy)]
pub(super) struct Say(pub(super) Language);

impl Say {
    pub(super) fn the(self, text: Text) -> &'static str {
        text.in_language(self.0)
    }

    pub(super) fn tag(self) -> &'static str {
        self.the(Text {
            nl: "nl-NL",
            en: "en-GB",
        })
    }

    fn locale(self) -> Locale {
        match self.0 {
            Language::Nl => Locale::nl_NL,
            Language::En => Locale::en_GB,
        }
    }

    /// "zondag 23 november 2026, 21:14".
    pub(super) fn moment(self, at: DateTime<FixedOffset>) -> String {
        at.format_localized("%A %-d %B %Y, %H:%M", self.locale())
            .to_string()
    }

    /// "23 nov 2026, 21:14".
    pub(super) fn short_moment(self, at: DateTime<FixedOffset>) -> String {
        at.format_localized("%-d %b %Y, %H:%M", self.locale()).to_string()
    }

    /// "23 november 2026".
    pub(super) fn day(self, day: NaiveDate) -> String {
        day.format_localized("%-d %B %Y", self.locale()).to_string()
    }

    /// "23 nov 2026".
    pub(super) fn short_day(self, day: NaiveDate) -> String {
        day.format_localized("%-d %b %Y", self.locale()).to_string()
    }

    /// "november 2026".
    pub(super) fn month(self, day: NaiveDate) -> String {
        day.format_localized("%B %Y", self.locale()).to_string()
    }

    /// "november".
    pub(super) fn month_name(self, day: NaiveDate) -> String {
        day.format_localized("%B", self.locale()).to_string()
    }

    /// A place on the axis of time, after chrono's format.
    pub(super) fn tick(self, day: NaiveDate, format: &str) -> String {
        day.format_localized(format, self.locale()).to_string()
    }

    /// "1 januari 2026 – 31 december 2026".
    pub(super) fn period(self, from: NaiveDate, to: NaiveDate) -> String {
        if from == to {
            return self.day(from);
        }
        format!("{} – {}", self.day(from), self.day(to))
    }

    pub(super) fn part(self, title: &str, part: usize, of: usize) -> String {
        match self.0 {
            Language::Nl => format!("{title}, deel {part} van {of}"),
            Language::En => format!("{title}, part {part} of {of}"),
        }
    }

    pub(super) fn made(self, on: NaiveDate, program: &str) -> String {
        let day = self.day(on);
        match self.0 {
            Language::Nl => format!("Van jezelf. Gemaakt op {day} met Regie {program}."),
            Language::En => format!("Of yourself. Made on {day} with Regie {program}."),
        }
    }

    pub(super) fn entries(self, count: usize) -> String {
        match (self.0, count) {
            (Language::Nl, 1) => "1 stuk dagboek".into(),
            (Language::Nl, _) => format!("{count} stukken dagboek"),
            (Language::En, 1) => "1 diary entry".into(),
            (Language::En, _) => format!("{count} diary entries"),
        }
    }

    pub(super) fn results(self, count: usize) -> String {
        match (self.0, count) {
            (Language::Nl, 1) => "1 uitkomst".into(),
            (Language::Nl, _) => format!("{count} uitkomsten"),
            (Language::En, 1) => "1 result".into(),
            (Language::En, _) => format!("{count} results"),
        }
    }

    pub(super) fn results_of(self, title: &str, count: usize) -> String {
        format!("{title}: {}", self.results(count))
    }

    pub(super) fn unfinished(self, count: usize) -> String {
        match (self.0, count) {
            (Language::Nl, 1) => "Eén check is nog niet af en staat hier niet bij.".into(),
            (Language::Nl, _) => format!("{count} checks zijn nog niet af en staan hier niet bij."),
            (Language::En, 1) => "One check is not finished yet and does not stand here.".into(),
            (Language::En, _) => format!("{count} checks are not finished yet and do not stand here."),
        }
    }

    pub(super) fn unknown(self, count: usize) -> String {
        let results = self.results(count);
        match (self.0, count) {
            (Language::Nl, 1) => {
                format!("{results} hoort bij een vragenlijst die Regie hier niet kent en staat er niet bij.")
            }
            (Language::Nl, _) => {
                format!("{results} horen bij een vragenlijst die Regie hier niet kent en staan er niet bij.")
            }
            (Language::En, 1) => {
                format!("{results} belongs to a questionnaire that Regie does not know here and is left out.")
            }
            (Language::En, _) => {
                format!("{results} belong to a questionnaire that Regie does not know here and are left out.")
            }
        }
    }

    pub(super) fn mood(self, value: u8) -> Option<String> {
        let word = MOODS.get(usize::from(value).checked_sub(1)?)?;
        Some(match self.0 {
            Language::Nl => format!("stemming: {}", word.nl),
            Language::En => format!("mood: {}", word.en),
        })
    }

    pub(super) fn tags(self, tags: &[String]) -> Option<String> {
        let label = match self.0 {
            Language::Nl => "Labels",
            Language::En => "Tags",
        };
        (!tags.is_empty()).then(|| format!("{label}: {}", tags.join(", ")))
    }

    pub(super) fn attached(self, count: usize, described: &[String]) -> Option<String> {
        let label = match self.0 {
            Language::Nl => "Foto's en opnamen",
            Language::En => "Photos and recordings",
        };
        (count > 0).then(|| match described {
            [] => format!("{label}: {count}"),
            words => format!("{label}: {count} ({})", words.join("; ")),
        })
    }

    pub(super) fn held(self, since: NaiveDate, reason: &str) -> String {
        let day = self.day(since);
        let mut said = match self.0 {
            Language::Nl => format!("Stilgezet sinds {day}."),
            Language::En => format!("On hold since {day}."),
        };
        let reason = reason.trim();
        if !reason.is_empty() {
            said.push_str(match self.0 {
                Language::Nl => " Reden: ",
                Language::En => " Reason: ",
            });
            said.push_str(reason);
        }
        said
    }

    pub(super) fn chart(self, name: &str, from: NaiveDate, to: NaiveDate) -> String {
        let (from, to) = (self.day(from), self.day(to));
        match self.0 {
            Language::Nl => format!("Grafiek van {name}, van {from} tot {to}."),
            Language::En => format!("Chart of {name}, from {from} to {to}."),
        }
    }

    pub(super) fn band_edges(self, low: f64, high: f64) -> String {
        match self.0 {
            Language::Nl => format!("De band loopt van {low:.0} tot {high:.0}."),
            Language::En => format!("The band runs from {low:.0} to {high:.0}."),
        }
    }

    pub(super) fn one(self, title: &str, on: NaiveDate, score: f64) -> String {
        let day = self.day(on);
        match self.0 {
            Language::Nl => format!("{title}: één uitkomst, op {day}, {score:.0} van 100."),
            Language::En => format!("{title}: one result, on {day}, {score:.0} out of 100."),
        }
    }

    pub(super) fn course(self, title: &str, count: usize, days: [NaiveDate; 2], scores: [f64; 3]) -> String {
        let [from, to] = days.map(|day| self.day(day));
        let [low, high, newest] = scores;
        match self.0 {
            Language::Nl => format!(
                "{title}: {count} uitkomsten van {from} tot {to}, tussen {low:.0} en {high:.0}. De laatste: {newest:.0}."
            ),
            Language::En => format!(
                "{title}: {count} results from {from} to {to}, between {low:.0} and {high:.0}. The last one: {newest:.0}."
            ),
        }
    }

    /// What may be said about the newest result; `results` counts it and the earlier ones.
    pub(super) fn change(self, change: &Change, results: usize) -> String {
        let published = |band: &Band| band.basis == Basis::Reliability;
        let text = match change {
            Change::TooFew => {
                let more = FEWEST_RESULTS.saturating_sub(results).max(1);
                return match (self.0, more) {
                    (Language::Nl, 1) => "Nog één uitkomst, dan is iets over verandering te zeggen.".into(),
                    (Language::Nl, _) => {
                        format!("Nog {more} uitkomsten, dan is iets over verandering te zeggen.")
                    }
                    (Language::En, 1) => "One more result, then something can be said about change.".into(),
                    (Language::En, _) => {
                        format!("{more} more results, then something can be said about change.")
                    }
                };
            }
            Change::Unclear(_) => Text {
                nl: "De laatste keer: geen duidelijke verandering.",
                en: "The last time: no clear change.",
            },
            Change::Higher(band) if published(band) => Text {
                nl: "De laatste keer: duidelijk hoger dan de keer ervoor.",
                en: "The last time: clearly higher than the time before.",
            },
            Change::Lower(band) if published(band) => Text {
                nl: "De laatste keer: duidelijk lager dan de keer ervoor.",
                en: "The last time: clearly lower than the time before.",
            },
            Change::Higher(_) => Text {
                nl: "De laatste keer: duidelijk hoger dan de uitkomsten ervoor.",
                en: "The last time: clearly higher than the results before it.",
            },
            Change::Lower(_) => Text {
                nl: "De laatste keer: duidelijk lager dan de uitkomsten ervoor.",
                en: "The last time: clearly lower than the results before it.",
            },
        };
        self.the(text).to_owned()
    }
}
