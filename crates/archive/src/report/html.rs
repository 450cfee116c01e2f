//! The report as one page for any browser: no script, nothing loaded from elsewhere, written entry by entry.

mod body;

use std::io::{BufWriter, Write};

use chrono::{Datelike, NaiveDate};
use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use body::{escaped, write_block};

use super::{
    Front, chart,
    diary::Shown,
    markdown::clean,
    pdf::letters,
    results::{self, Answered, Gathered, Group, Row},
    texts::{self, Say},
    wider,
};
use crate::{
    ArchiveError,
    model::Attached,
    source::{About, Source},
};

/// Bytes of a small picture at most; a larger one is none, and is not shown.
const LARGEST_PREVIEW: usize = 64 * 1024;

const STYLE: &str = include_str!("../../content/report.css");

/// Writes the report as one page of HTML, complete in itself.
///
/// # Errors
/// What the sink or the source says.
pub fn html(sink: &mut dyn Write, source: &dyn Source, about: &About) -> Result<(), ArchiveError> {
    let say = Say(about.language);
    let gathered = results::gather(source)?;
    let overview = Overview::of(source, &gathered)?;
    let front = Front::of(about, &gathered, overview.entries, None, overview.span);
    let charts = if about.given_only || source.restriction().is_some() {
        Vec::new()
    } else {
        chart::charts(&gathered.groups, None, say)
    };
    let mut sink = BufWriter::new(sink);
    let mut page = Page { sink: &mut sink, say };
    page.head(about, &front)?;
    page.cover(about, &front)?;
    page.contents(&front, &charts, &gathered, &overview)?;
    page.raw("<main>")?;
    page.about(source, &front)?;
    page.charts(&charts)?;
    page.results(source, about, &gathered)?;
    page.diary(source, &overview)?;
    if overview.entries == 0 && gathered.groups.is_empty() {
        page.element("p", "", say.the(texts::NOTHING))?;
    }
    page.raw("</main></body></html>\n")?;
    Ok(sink.flush()?)
}

/// What the diary holds, without its words.
struct Overview {
    entries: usize,
    months: Vec<NaiveDate>,
    span: results::Days,
}

impl Overview {
    fn of(source: &dyn Source, gathered: &Gathered<'_>) -> Result<Self, ArchiveError> {
        let mut overview = Self {
            entries: 0,
            months: Vec::new(),
            span: None,
        };
        source.entries(&mut |entry| {
            let day = entry.written.at.date_naive();
            overview.entries += 1;
            overview.span = wider(overview.span, day);
            let month = month_after(overview.months.last(), day);
            if overview.months.last() != Some(&month) {
                overview.months.push(month);
            }
            Ok(())
        })?;
        let taken = gathered.groups.iter().flat_map(|group| &group.taken);
        overview.span = taken.fold(overview.span, |span, one| wider(span, one.at.date_naive()));
        Ok(overview)
    }
}

/// The month of a day as its first day; never before the month that is written already.
pub(super) fn month_after(before: Option<&NaiveDate>, day: NaiveDate) -> NaiveDate {
    let month = day.with_day(1).unwrap_or(day);
    before.map_or(month, |before| month.max(*before))
}

struct Page<'a> {
    sink: &'a mut dyn Write,
    say: Say,
}

impl Page<'_> {
    fn raw(&mut self, html: &str) -> Result<(), ArchiveError> {
        Ok(self.sink.write_all(html.as_bytes())?)
    }

    fn text(&mut self, text: &str) -> Result<(), ArchiveError> {
        self.raw(&escaped(text))
    }

    /// An element with words in it; `with` are its attributes, already escaped.
    fn element(&mut self, name: &str, with: &str, words: &str) -> Result<(), ArchiveError> {
        let gap = if with.is_empty() { "" } else { " " };
        self.raw(&format!("<{name}{gap}{with}>{}</{name}>\n", escaped(words)))
    }

    fn head(&mut self, about: &About, front: &Front) -> Result<(), ArchiveError> {
        let style = style();
        let hash = BASE64.encode(&Sha256::digest(style.as_bytes()));
        let title = match &front.period {
            Some(period) => format!("{}, {period}", front.title),
            None => front.title.clone(),
        };
        self.raw(&format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{hash}'; \
             font-src data:; img-src data:; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <meta name=\"robots\" content=\"noindex, nofollow\">\n\
             <meta name=\"generator\" content=\"Regie {}\">\n",
            self.say.tag(),
            escaped(&about.program),
        ))?;
        self.element("title", "", &title)?;
        self.raw(&format!("<style>{style}</style>\n</head>\n<body>\n"))?;
        self.element(
            "a",
            "class=\"skip\" href=\"#contents\"",
            self.say.the(texts::SKIP),
        )
    }

    fn cover(&mut self, about: &About, front: &Front) -> Result<(), ArchiveError> {
        self.raw("<header class=\"cover\">\n<p class=\"wordmark\">Regie</p>\n")?;
        self.raw(
            "<svg class=\"marks\" viewBox=\"0 0 74 16\" aria-hidden=\"true\"><circle class=\"mark energy\" cx=\"8\" cy=\"8\" r=\"7\"/>\
             <path class=\"mark motivation\" d=\"M37 1l8.5 14h-17Z\"/><path class=\"mark resilience\" d=\"M59 1h14v14h-14Z\"/></svg>\n",
        )?;
        self.element("h1", "", &front.title)?;
        if let Some(period) = &front.period {
            self.element("p", "class=\"period\"", period)?;
        }
        self.raw("<ul class=\"facts\">")?;
        for fact in &front.facts {
            self.element("li", "", fact)?;
        }
        self.raw("</ul>\n")?;
        self.element("p", "class=\"made\"", &super::made(about))?;
        self.element("p", "class=\"made\"", self.say.the(texts::UNPROTECTED))?;
        self.raw("</header>\n")
    }

    fn contents(
        &mut self,
        front: &Front,
        charts: &[chart::Chart],
        gathered: &Gathered<'_>,
        overview: &Overview,
    ) -> Result<(), ArchiveError> {
        let say = self.say;
        self.raw("<nav id=\"contents\" aria-labelledby=\"contents-title\" tabindex=\"-1\">\n")?;
        self.element("h2", "id=\"contents-title\"", say.the(texts::CONTENTS))?;
        self.raw("<ul>\n")?;
        self.entry_of_contents("about", say.the(texts::ABOUT))?;
        if !front.how.is_empty() {
            self.entry_of_contents("how", say.the(texts::HOW))?;
        }
        if !charts.is_empty() {
            self.entry_of_contents("trend", say.the(texts::TREND))?;
        }
        if !gathered.is_empty() {
            self.entry_of_contents("results", say.the(texts::RESULTS))?;
        }
        if !overview.months.is_empty() {
            self.raw("<li><a href=\"#diary\">")?;
            self.text(say.the(texts::DIARY))?;
            self.raw("</a>\n<ul class=\"years\">")?;
            for year in overview.months.chunk_by(|one, next| one.year() == next.year()) {
                let Some(first) = year.first() else { continue };
                self.raw(&format!("<li><span class=\"year\">{}</span> ", first.year()))?;
                for month in year {
                    self.element(
                        "a",
                        &format!("href=\"#{}\"", anchor(*month)),
                        &say.month_name(*month),
                    )?;
                }
                self.raw("</li>\n")?;
            }
            self.raw("</ul></li>\n")?;
        }
        self.raw("</ul>\n</nav>\n")
    }

    fn entry_of_contents(&mut self, id: &str, words: &str) -> Result<(), ArchiveError> {
        self.raw(&format!("<li><a href=\"#{id}\">{}</a></li>\n", escaped(words)))
    }

    fn section(&mut self, id: &str, title: &str) -> Result<(), ArchiveError> {
        self.raw(&format!(
            "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{}</h2>\n",
            escaped(title)
        ))
    }

    fn about(&mut self, source: &dyn Source, front: &Front) -> Result<(), ArchiveError> {
        let say = self.say;
        self.section("about", say.the(texts::ABOUT))?;
        for line in &front.about {
            self.element("p", "", line)?;
        }
        if source.restriction().is_some() {
            self.element("p", "class=\"held\"", say.the(texts::ALL_HELD))?;
        }
        self.raw("</section>\n")?;
        if front.how.is_empty() {
            return Ok(());
        }
        self.section("how", say.the(texts::HOW))?;
        for line in &front.how {
            self.element("p", "", line)?;
        }
        self.raw("</section>\n")
    }

    fn charts(&mut self, charts: &[chart::Chart]) -> Result<(), ArchiveError> {
        if charts.is_empty() {
            return Ok(());
        }
        let say = self.say;
        self.section("trend", say.the(texts::TREND))?;
        self.element("p", "", say.the(texts::TREND_LEAD))?;
        for (at, chart) in charts.iter().enumerate() {
            self.raw("<figure class=\"chart\">\n")?;
            self.element("h3", "", &chart.title)?;
            let said = chart.sentences.join(" ");
            // The same at two widths: letters stay readable on a phone and lines do not grow thick on a page.
            for (class, width) in [("wide", 620.0), ("narrow", 340.0)] {
                let ids = [format!("chart-{at}-{class}"), format!("chart-{at}-{class}-said")];
                let [label, desc] = &ids;
                let head = [
                    ("title", label.as_str(), chart.label.as_str()),
                    ("desc", desc.as_str(), said.as_str()),
                ];
                self.raw(&chart.svg(width, class, &head, say))?;
            }
            self.raw("\n<figcaption>\n")?;
            for sentence in &chart.sentences {
                self.element("p", "", sentence)?;
            }
            self.raw("</figcaption>\n<details><summary>")?;
            self.text(&format!("{}: {}", say.the(texts::AS_TABLE), chart.title))?;
            self.raw("</summary>\n<div class=\"tables\">\n")?;
            for table in &chart.tables {
                self.table(table)?;
            }
            self.raw("</div></details>\n</figure>\n")?;
        }
        self.raw("</section>\n")
    }

    fn table(&mut self, table: &chart::Table) -> Result<(), ArchiveError> {
        self.raw("<table>")?;
        self.element("caption", "", &table.caption)?;
        self.raw("<thead><tr>")?;
        for word in &table.head {
            self.element("th", "scope=\"col\"", word)?;
        }
        self.raw("</tr></thead><tbody>\n")?;
        for row in &table.rows {
            self.raw("<tr>")?;
            for (at, word) in row.iter().enumerate() {
                if at == 0 {
                    self.element("th", "scope=\"row\"", word)?;
                } else {
                    self.element("td", "", word)?;
                }
            }
            self.raw("</tr>")?;
        }
        self.raw("</tbody></table>\n")
    }

    fn results(
        &mut self,
        source: &dyn Source,
        about: &About,
        gathered: &Gathered<'_>,
    ) -> Result<(), ArchiveError> {
        if gathered.is_empty() {
            return Ok(());
        }
        let say = self.say;
        self.section("results", say.the(texts::RESULTS))?;
        for line in gathered.left_out(say) {
            self.element("p", "", &line)?;
        }
        for group in &gathered.groups {
            self.element("h3", "dir=\"auto\"", &group.title(&gathered.groups, say))?;
            for line in group.about(about.given_only, say) {
                self.element("p", "class=\"quiet\" dir=\"auto\"", &line)?;
            }
            if about.given_only {
                self.answered(source, group)?;
            } else {
                self.scored(source, group)?;
            }
        }
        self.raw("</section>\n")
    }

    fn scored(&mut self, source: &dyn Source, group: &Group<'_>) -> Result<(), ArchiveError> {
        let say = self.say;
        let head = results::head(group.instrument, say);
        self.raw("<div class=\"wide-table\" role=\"region\" tabindex=\"0\" aria-label=\"")?;
        self.text(&clean(group.instrument.title.in_language(say.0)))?;
        self.raw("\"><table class=\"results\"><thead><tr>")?;
        for word in &head {
            self.element("th", "scope=\"col\"", word)?;
        }
        self.raw("</tr></thead>\n")?;
        let mut year = None;
        source.runs(&mut |run| {
            let Some(at) = run.finished.as_ref().map(|finished| finished.at) else {
                return Ok(());
            };
            if !group.is_of(&run) {
                return Ok(());
            }
            if year != Some(at.year()) {
                self.raw(if year.is_some() {
                    "</tbody><tbody>"
                } else {
                    "<tbody>"
                })?;
                self.raw(&format!(
                    "<tr class=\"year\"><th scope=\"rowgroup\" colspan=\"{}\">{}</th></tr>\n",
                    head.len(),
                    at.year()
                ))?;
                year = Some(at.year());
            }
            self.row(&results::row(group.instrument, &run, at, say), head.len())
        })?;
        self.raw(if year.is_some() {
            "</tbody></table></div>\n"
        } else {
            "</table></div>\n"
        })
    }

    fn row(&mut self, row: &Row, wide: usize) -> Result<(), ArchiveError> {
        self.raw("<tr>")?;
        self.element("th", "scope=\"row\"", &row.when)?;
        for cell in &row.cells {
            self.raw("<td>")?;
            if !cell.score.is_empty() {
                self.element("span", "class=\"score\"", &cell.score)?;
            }
            if let Some(label) = &cell.label {
                self.element("span", "class=\"label-of\"", label)?;
            }
            self.raw("</td>")?;
        }
        self.raw("</tr>\n")?;
        if let Some(held) = &row.held {
            self.raw(&format!(
                "<tr class=\"more\"><td colspan=\"{wide}\" class=\"held\">"
            ))?;
            self.text(held)?;
            self.raw("</td></tr>\n")?;
        }
        if let Some(note) = &row.note {
            self.raw(&format!(
                "<tr class=\"more\"><td colspan=\"{wide}\" dir=\"auto\">"
            ))?;
            self.element("span", "class=\"quiet\"", self.say.the(texts::NOTE))?;
            self.text(note)?;
            self.raw("</td></tr>\n")?;
        }
        Ok(())
    }

    fn answered(&mut self, source: &dyn Source, group: &Group<'_>) -> Result<(), ArchiveError> {
        let say = self.say;
        source.runs(&mut |run| {
            let Some(at) = run.finished.as_ref().map(|finished| finished.at) else {
                return Ok(());
            };
            if !group.is_of(&run) {
                return Ok(());
            }
            self.answers(&results::answered(group.instrument, &run, at, say))
        })
    }

    fn answers(&mut self, run: &Answered) -> Result<(), ArchiveError> {
        let say = self.say;
        self.element("h4", "", &run.when)?;
        if let Some(held) = &run.held {
            self.element("p", "class=\"held\"", held)?;
        }
        self.raw("<table class=\"answers\"><thead><tr>")?;
        for word in [texts::STATEMENT, texts::ANSWER] {
            self.element("th", "scope=\"col\"", say.the(word))?;
        }
        self.raw("</tr></thead><tbody>\n")?;
        for [statement, answer] in &run.answers {
            self.raw("<tr>")?;
            self.element("th", "scope=\"row\" dir=\"auto\"", statement)?;
            self.element("td", "dir=\"auto\"", answer)?;
            self.raw("</tr>")?;
        }
        self.raw("</tbody></table>\n")?;
        if let Some(note) = &run.note {
            self.raw("<p dir=\"auto\">")?;
            self.element("span", "class=\"quiet\"", say.the(texts::NOTE))?;
            self.text(note)?;
            self.raw("</p>\n")?;
        }
        Ok(())
    }

    fn diary(&mut self, source: &dyn Source, overview: &Overview) -> Result<(), ArchiveError> {
        if overview.entries == 0 {
            return Ok(());
        }
        let say = self.say;
        self.section("diary", say.the(texts::DIARY))?;
        let mut month = None;
        source.entries(&mut |entry| {
            let this = month_after(month.as_ref(), entry.written.at.date_naive());
            if month != Some(this) {
                self.element("h3", &format!("id=\"{}\"", anchor(this)), &say.month(this))?;
                month = Some(this);
            }
            self.entry(source, &Shown::of(&entry, say), &entry.attachments)
        })?;
        self.raw("</section>\n")
    }

    fn when(&mut self, entry: &Shown) -> Result<(), ArchiveError> {
        if entry.when.is_none() && entry.mood.is_none() {
            return Ok(());
        }
        self.raw("<p class=\"quiet\">")?;
        if let Some(when) = &entry.when {
            let at = entry.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, false);
            self.element("time", &format!("datetime=\"{at}\""), when)?;
        }
        if let Some(mood) = &entry.mood {
            self.text(if entry.when.is_some() { " · " } else { "" })?;
            self.text(mood)?;
        }
        self.raw("</p>\n")
    }

    fn entry(
        &mut self,
        source: &dyn Source,
        entry: &Shown,
        attached: &[Attached],
    ) -> Result<(), ArchiveError> {
        self.raw("<article>\n")?;
        self.element("h4", "dir=\"auto\"", &entry.heading)?;
        self.when(entry)?;
        if let Some(tags) = &entry.tags {
            self.element("p", "class=\"quiet\" dir=\"auto\"", tags)?;
        }
        if let Some(held) = &entry.held {
            self.element("p", "class=\"held\" dir=\"auto\"", held)?;
        }
        self.raw("<div class=\"body\" dir=\"auto\">\n")?;
        let mut body = String::new();
        for block in &entry.body {
            write_block(&mut body, block);
        }
        self.raw(&body)?;
        self.raw("</div>\n")?;
        self.photos(source, attached)?;
        if let Some(attached) = &entry.attached {
            self.element("p", "class=\"quiet\" dir=\"auto\"", attached)?;
        }
        self.raw("</article>\n")
    }

    /// Small pictures of the photos of an entry, in the page itself.
    fn photos(&mut self, source: &dyn Source, attached: &[Attached]) -> Result<(), ArchiveError> {
        let mut begun = false;
        for one in attached {
            let picture = source.preview(one.id)?;
            let is_jpeg =
                |bytes: &Vec<u8>| bytes.starts_with(&[0xFF, 0xD8]) && bytes.len() <= LARGEST_PREVIEW;
            let Some(picture) = picture.filter(is_jpeg) else {
                continue;
            };
            if !begun {
                self.raw("<div class=\"photos\">\n")?;
                begun = true;
            }
            self.raw(&format!(
                "<img alt=\"{}\" src=\"data:image/jpeg;base64,{}\">\n",
                escaped(&clean(one.description.trim()).replace('\n', " ")),
                BASE64.encode(&picture),
            ))?;
        }
        if begun { self.raw("</div>\n") } else { Ok(()) }
    }
}

fn anchor(month: NaiveDate) -> String {
    month.format("m-%Y-%m").to_string()
}

/// Colours, type and space, with the letters in them.
fn style() -> String {
    let mut style = String::new();
    for (family, weight, slant, bytes) in letters::SHIPPED {
        style.push_str(&format!(
            "@font-face{{font-family:\"{family}\";font-weight:{weight};font-style:{slant};src:url(data:font/ttf;base64,{}) format(\"truetype\")}}\n",
            BASE64.encode(bytes)
        ));
    }
    style.push_str(STYLE);
    style
}
