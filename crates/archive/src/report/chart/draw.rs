//! A chart as SVG. Its inks are classes: the page that holds it says which colours they have.

use std::fmt::Display;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use xmlwriter::{Indent, Options, XmlWriter};

use super::{Chart, Line};
use crate::report::texts::Say;

/// Size of small letters.
const EM: f64 = 13.0;
/// Marks that would touch each other say nothing.
const DENSE: usize = 40;
/// Lines of one hue are told apart by their dashes.
const DASHES: [&str; 4] = ["none", "5 3", "1 3.5", "9 3 2 3"];
/// Days that are drawn at the least.
const SHORTEST: f64 = 7.0;

/// The colours of the classes on paper.
pub(crate) const ON_PAPER: &str = ".axis{fill:#55625c}.base{stroke:#d8d1c4}\
.band.energy,.mark.energy,.label.energy{fill:#a85b12}.run.energy{stroke:#a85b12}\
.band.motivation,.mark.motivation,.label.motivation{fill:#1f6f78}.run.motivation{stroke:#1f6f78}\
.band.resilience,.mark.resilience,.label.resilience{fill:#4a4fa3}.run.resilience{stroke:#4a4fa3}\
.band.other,.mark.other,.label.other{fill:#1f5b4e}.run.other{stroke:#1f5b4e}\
.hollow{fill:#ffffff}.hollow.energy{stroke:#a85b12}.hollow.motivation{stroke:#1f6f78}\
.hollow.resilience{stroke:#4a4fa3}.hollow.other{stroke:#1f5b4e}\
text{font-family:\"Atkinson Hyperlegible Next\";font-size:13px}.strong{font-weight:600}";

/// Where things lie.
struct Plot {
    width: f64,
    height: f64,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    from: f64,
    to: f64,
    /// Names stand at the ends of the lines, where there is room; else below.
    named: bool,
}

impl Plot {
    fn of(chart: &Chart, width: f64) -> Option<Self> {
        let days = chart
            .lines
            .iter()
            .flat_map(|line| &line.points)
            .map(|point| day_number(point.at.naive_local()));
        let first = days.clone().reduce(f64::min)?;
        let last = days.reduce(f64::max)?;
        let middle = f64::midpoint(first, last);
        let half = ((last - first) / 2.0).max(SHORTEST / 2.0) * 1.04;
        let longest = chart.names().map(|name| name.chars().count()).max();
        let room = (count(longest.unwrap_or(0)) * 0.56 + 1.0) * EM;
        let named = room <= width * 0.34;
        let legend = if named {
            0.0
        } else {
            1.5 * EM * count(chart.lines.len())
        };
        let height = (width * 0.42).clamp(200.0, 270.0);
        Some(Self {
            width,
            height: height + legend,
            left: 2.6 * EM,
            right: width - if named { room } else { EM },
            top: 0.8 * EM,
            bottom: height - 2.2 * EM,
            from: middle - half,
            to: middle + half,
            named,
        })
    }

    fn x(&self, day: f64) -> f64 {
        self.left + (self.right - self.left) * (day - self.from) / (self.to - self.from)
    }

    fn y(&self, score: f64) -> f64 {
        self.bottom - (self.bottom - self.top) * score / 100.0
    }
}

/// An element that stands first in a drawing: its name, its id (or nothing), its words.
pub(crate) type Head<'a> = (&'a str, &'a str, &'a str);

impl Chart {
    /// Names of the lines: what is measured, then shorter instruments that measure it too.
    fn names(&self) -> impl Iterator<Item = String> + Clone {
        let first = std::iter::once(self.title.to_lowercase());
        let others = self.lines.iter().skip(1).map(|line| line.label.to_lowercase());
        first.chain(others)
    }

    /// The drawing, `width` wide; empty without a point.
    pub(crate) fn svg(&self, width: f64, class: &str, head: &[Head<'_>], say: Say) -> String {
        let Some(plot) = Plot::of(self, width) else {
            return String::new();
        };
        let mut drawing = Drawing::start(&plot, class, head);
        drawing.axes(&plot, say);
        drawing.band(&plot, self);
        for (at, line) in self.lines.iter().enumerate().rev() {
            drawing.line(&plot, line, at);
        }
        if plot.named {
            drawing.names(&plot, self);
        } else {
            drawing.legend(&plot, self);
        }
        drawing.0.end_document()
    }
}

struct Drawing(XmlWriter);

/// A place with no more digits than an eye can use.
struct Short(f64);

impl Display for Short {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1}", self.0)
    }
}

impl Drawing {
    fn start(plot: &Plot, class: &str, head: &[Head<'_>]) -> Self {
        let mut writer = XmlWriter::new(Options {
            use_single_quote: false,
            indent: Indent::None,
            attributes_indent: Indent::None,
        });
        writer.set_preserve_whitespaces(true);
        writer.start_element("svg");
        writer.write_attribute("xmlns", "http://www.w3.org/2000/svg");
        writer.write_attribute_fmt(
            "viewBox",
            format_args!("0 0 {:.0} {:.0}", plot.width, plot.height),
        );
        if !class.is_empty() {
            writer.write_attribute("class", class);
        }
        let ids = head.iter().map(|(_, id, _)| *id);
        let named: Vec<_> = ids.filter(|id| !id.is_empty()).collect();
        if !named.is_empty() {
            writer.write_attribute("role", "img");
            writer.write_attribute("aria-labelledby", &named.join(" "));
        }
        for (name, id, words) in head {
            writer.start_element(name);
            if !id.is_empty() {
                writer.write_attribute("id", id);
            }
            writer.write_text(words);
            writer.end_element();
        }
        Self(writer)
    }

    fn element(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.0.start_element(name);
        for (name, value) in attributes {
            self.0.write_attribute(name, value);
        }
        self.0.end_element();
    }

    fn words(&mut self, class: &str, words: &str, x: f64, y: f64, anchor: &str) {
        self.0.start_element("text");
        self.0.write_attribute("class", class);
        self.0.write_attribute("x", &Short(x));
        self.0.write_attribute("y", &Short(y));
        self.0.write_attribute("text-anchor", anchor);
        self.0.write_text(words);
        self.0.end_element();
    }

    fn axes(&mut self, plot: &Plot, say: Say) {
        for score in [0.0, 50.0, 100.0] {
            let y = plot.y(score) + 0.35 * EM;
            self.words("axis", &format!("{score:.0}"), plot.left - 0.7 * EM, y, "end");
        }
        let base = plot.y(0.0) + 3.0;
        let d = format!("M{:.1} {base:.1}H{:.1}", plot.left, plot.right);
        self.element("path", &[("class", &"base"), ("d", &d)]);
        for (day, format) in ticks(plot) {
            let x = plot.x(midnight(day));
            if (plot.left..=plot.right).contains(&x) {
                self.words(
                    "axis",
                    &say.tick(day, format),
                    x,
                    plot.bottom + 1.7 * EM,
                    "middle",
                );
            }
        }
    }

    fn band(&mut self, plot: &Plot, chart: &Chart) {
        let Some((band, line)) = chart.band().zip(chart.lines.first()) else {
            return;
        };
        let start = plot.x(day_number(band.from.naive_local())).max(plot.left) - 6.0;
        let end = plot.x(day_number(band.to.naive_local())).min(plot.right) + 6.0;
        let (top, bottom) = (plot.y(band.high), plot.y(band.low));
        self.element(
            "rect",
            &[
                ("class", &format!("band {}", hue(line))),
                ("fill-opacity", &0.16),
                ("x", &Short(start)),
                ("y", &Short(top)),
                ("width", &Short((end - start).max(1.0))),
                ("height", &Short((bottom - top).max(1.0))),
                ("rx", &4),
            ],
        );
    }

    fn line(&mut self, plot: &Plot, line: &Line, at: usize) {
        let main = at == 0;
        let place = |point: &super::Point| (plot.x(day_number(point.at.naive_local())), plot.y(point.score));
        let places: Vec<_> = line.points.iter().map(place).collect();
        let hue = hue(line);
        let d: String = places
            .iter()
            .enumerate()
            .map(|(at, (x, y))| format!("{}{x:.1} {y:.1}", if at == 0 { "M" } else { "L" }))
            .collect();
        let width = if main { 2.25 } else { 1.25 };
        let dashes = DASHES.get(at).unwrap_or(&DASHES[3]);
        self.element(
            "path",
            &[
                ("class", &format!("run {hue}")),
                ("d", &d),
                ("fill", &"none"),
                ("stroke-width", &width),
                ("stroke-dasharray", dashes),
                ("stroke-linejoin", &"round"),
                ("stroke-linecap", &"round"),
            ],
        );
        if places.len() > DENSE {
            return;
        }
        for (x, y) in places {
            self.mark(hue, x, y, main);
        }
    }

    fn mark(&mut self, hue: &str, x: f64, y: f64, main: bool) {
        let (kind, size) = if main { ("mark", 4.5) } else { ("hollow", 3.0) };
        self.element(
            "path",
            &[
                ("class", &format!("{kind} {hue}")),
                ("d", &mark(hue, x, y, size)),
                ("stroke-width", &1.25),
            ],
        );
    }

    fn names(&mut self, plot: &Plot, chart: &Chart) {
        let end = |line: &Line| {
            line.points
                .last()
                .map_or(plot.bottom, |point| plot.y(point.score))
        };
        let ends: Vec<_> = chart.lines.iter().map(end).collect();
        let places = spread(&ends, 1.2 * EM, plot.top, plot.bottom - 0.3 * EM);
        for (at, ((line, name), y)) in chart.lines.iter().zip(chart.names()).zip(places).enumerate() {
            let x = plot.right + 0.7 * EM;
            self.words(&label(line, at), &name, x, y + 0.35 * EM, "start");
        }
    }

    fn legend(&mut self, plot: &Plot, chart: &Chart) {
        for (at, (line, name)) in chart.lines.iter().zip(chart.names()).enumerate() {
            let y = plot.bottom + 1.8 * EM + 1.5 * EM * (count(at) + 1.0);
            self.mark(hue(line), plot.left + 6.0, y - 0.35 * EM, at == 0);
            self.words(&label(line, at), &name, plot.left + 1.4 * EM, y, "start");
        }
    }
}

fn label(line: &Line, at: usize) -> String {
    let strong = if at == 0 { " strong" } else { "" };
    format!("label {}{strong}", hue(line))
}

fn hue(line: &Line) -> &'static str {
    match line.dimension.as_str() {
        "energy" => "energy",
        "motivation" => "motivation",
        "resilience" => "resilience",
        _ => "other",
    }
}

/// ●▲■, and ◆ for whatever else there is, around a point.
fn mark(hue: &str, x: f64, y: f64, size: f64) -> String {
    let double = size * 2.0;
    match hue {
        "energy" => {
            let from = x - size;
            format!("M{from:.1} {y:.1}a{size} {size} 0 1 0 {double} 0a{size} {size} 0 1 0 -{double} 0Z")
        }
        "motivation" => {
            let (top, half) = (y - size * 1.15, size * 1.15);
            format!("M{x:.1} {top:.1}l{half:.1} {double}h-{:.1}Z", half * 2.0)
        }
        "resilience" => {
            let (from, top, side) = (x - size * 0.9, y - size * 0.9, size * 1.8);
            format!("M{from:.1} {top:.1}h{side:.1}v{side:.1}h-{side:.1}Z")
        }
        _ => {
            let side = size * 1.2;
            let top = y - side;
            format!("M{x:.1} {top:.1}l{side:.1} {side:.1}l-{side:.1} {side:.1}l-{side:.1} -{side:.1}Z")
        }
    }
}

/// Heights for names that must not cover each other: as near to what is wanted as `gap` and the edges allow.
fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<(usize, f64)> = wanted.iter().copied().enumerate().collect();
    order.sort_by(|one, other| one.1.total_cmp(&other.1));
    let mut last = f64::NEG_INFINITY;
    for (_, at) in &mut order {
        *at = at.max(last + gap).max(top);
        last = *at;
    }
    let mut next = bottom + gap;
    for (_, at) in order.iter_mut().rev() {
        *at = at.min(next - gap);
        next = *at;
    }
    order.sort_by_key(|(place, _)| *place);
    order.into_iter().map(|(_, at)| at).collect()
}

/// Days that stand on the axis, and in which words.
fn ticks(plot: &Plot) -> Vec<(NaiveDate, &'static str)> {
    let days = plot.to - plot.from;
    let most = ((plot.right - plot.left) / (5.2 * EM)).floor().max(2.0);
    let Some(first) = date(plot.from) else {
        return Vec::new();
    };
    if days < 100.0 {
        let steps = [1, 2, 7, 14, 28];
        let fits = |step: &u16| days / f64::from(*step) <= most;
        let step = steps.into_iter().find(fits).unwrap_or(28);
        return (0..)
            .map(|at| first + TimeDelta::days(1 + at * i64::from(step)))
            .take_while(|day| midnight(*day) <= plot.to)
            .map(|day| (day, "%-d %b"))
            .collect();
    }
    let steps = [1, 2, 3, 6, 12, 24, 60, 120];
    let fits = |step: &u32| days / 30.44 / f64::from(*step) <= most;
    let step = steps.into_iter().find(fits).unwrap_or(120);
    let format = match step {
        12.. => "%Y",
        _ if days > 370.0 => "%b ’%y",
        _ => "%b",
    };
    let start = if step >= 12 {
        first.with_ordinal(1)
    } else {
        first.with_day(1)
    };
    let Some(start) = start else {
        return Vec::new();
    };
    (1..)
        .map_while(|at: u32| start.checked_add_months(Months::new(at * step)))
        .take_while(|day| midnight(*day) <= plot.to)
        .map(|day| (day, format))
        .collect()
}

fn date(day: f64) -> Option<NaiveDate> {
    #[expect(clippy::cast_possible_truncation, reason = "days of a few thousand years")]
    let whole = day.floor() as i64;
    Some(DateTime::from_timestamp(whole.checked_mul(86_400)?, 0)?.date_naive())
}

fn midnight(day: NaiveDate) -> f64 {
    day_number(day.and_time(NaiveTime::MIN))
}

#[expect(clippy::cast_precision_loss, reason = "seconds of a few thousand years")]
fn day_number(at: NaiveDateTime) -> f64 {
    at.and_utc().timestamp() as f64 / 86_400.0
}

#[expect(clippy::cast_precision_loss, reason = "a few letters, a few lines")]
fn count(of: usize) -> f64 {
    of as f64
}
