//! A sheet as a picture and as a PDF.

use std::num::NonZeroU16;

use krilla::{
    Document, SerializeSettings,
    configure::{Accessibility, Configuration, ConfigurationBuilder},
    destination::XyzDestination,
    geom::{Point, Size, Transform},
    metadata::Metadata,
    outline::{Outline, OutlineNode},
    page::PageSettings,
    tagging::{ContentTag, Node, Tag, TagGroup, TagTree},
};
use krilla_svg::{SurfaceExt, SvgSettings};
use regie_protocol::Language;
use resvg::{tiny_skia, usvg};

use super::{Block, MARGIN, Role, Sheet, WIDTH, letters};

/// Pixels for a point: sharp on paper and on a dense screen.
const SCALE: f32 = 2.5;
/// Height of A4 in points.
const PAGE: f32 = 842.0;
const PAPER: &str = "#ffffff";

/// PNG; `None` when the drawing cannot be made.
pub(super) fn picture(sheet: &Sheet) -> Option<Vec<u8>> {
    let tree = tree(&sheet.blocks, sheet.height(), MARGIN, Some(PAPER))?;
    let size = tree.size().to_int_size().scale_by(SCALE)?;
    let mut pixels = tiny_skia::Pixmap::new(size.width(), size.height())?;
    resvg::render(
        &tree,
        tiny_skia::Transform::from_scale(SCALE, SCALE),
        &mut pixels.as_mut(),
    );
    pixels.encode_png().ok()
}

/// A PDF that says to a screen reader what it shows; PDF/UA-1, but for signs that the letters lack. `None` when it cannot
/// be made.
pub(super) fn pdf(sheet: &Sheet) -> Option<Vec<u8>> {
    strict(sheet).or_else(|| document(sheet, Configuration::default()))
}

/// As [`pdf`], only without any fault against PDF/UA-1.
pub(super) fn strict(sheet: &Sheet) -> Option<Vec<u8>> {
    let configuration = ConfigurationBuilder::new()
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .ok()?;
    document(sheet, configuration)
}

fn document(sheet: &Sheet, configuration: Configuration) -> Option<Vec<u8>> {
    let language = match sheet.language {
        Language::Nl => "nl-NL",
        Language::En => "en-GB",
    };
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        enable_tagging: true,
        ..SerializeSettings::default()
    });
    document.set_metadata(
        Metadata::new()
            .title(sheet.title.clone())
            .creator("Regie".into())
            .language(language.into()),
    );
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(
        sheet.title.clone(),
        XyzDestination::new(0, Point::from_xy(0.0, 0.0)),
    ));
    document.set_outline(outline);

    let mut tags = TagTree::new().with_lang(Some(language.into()));
    for blocks in pages(&sheet.blocks) {
        let mut page = document.start_page_with(PageSettings::from_wh(WIDTH, PAGE)?);
        let mut surface = page.surface();
        let mut top = MARGIN;
        for block in blocks {
            let drawn = tree(std::slice::from_ref(block), block.height, 0.0, None)?;
            let piece = surface.start_tagged(ContentTag::Other);
            surface.push_transform(&Transform::from_translate(0.0, top));
            surface.draw_svg(
                &drawn,
                Size::from_wh(WIDTH, block.height)?,
                SvgSettings::default(),
            );
            surface.pop();
            surface.end_tagged();
            let mut group = match &block.role {
                Role::Heading(level, text) => {
                    TagGroup::new(Tag::Hn(NonZeroU16::new(*level)?, Some(text.clone())))
                }
                Role::Paragraph => TagGroup::new(Tag::P),
                Role::Drawing(words) => TagGroup::new(Tag::Figure(Some(words.clone()))),
            };
            group.push(piece);
            tags.push(Node::Group(group));
            top += block.height;
        }
        surface.finish();
        page.finish();
    }
    document.set_tag_tree(tags);
    document.finish().ok()
}

/// Blocks as they fit onto pages.
pub(super) fn pages(blocks: &[Block]) -> Vec<Vec<&Block>> {
    let mut pages: Vec<Vec<&Block>> = Vec::new();
    let mut top = PAGE;
    for block in blocks {
        if top + block.height > PAGE - MARGIN {
            pages.push(Vec::new());
            top = MARGIN;
        }
        if let Some(page) = pages.last_mut() {
            page.push(block);
        }
        top += block.height;
    }
    pages
}

/// The blocks below each other, with the letters that ship with the program.
fn tree(blocks: &[Block], height: f32, top: f32, paper: Option<&str>) -> Option<usvg::Tree> {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\">"
    );
    if let Some(colour) = paper {
        svg.push_str(&format!(
            "<rect width=\"{WIDTH}\" height=\"{height}\" fill=\"{colour}\"/>"
        ));
    }
    let mut y = top;
    for block in blocks {
        svg.push_str(&format!(
            "<g transform=\"translate({MARGIN} {y})\">{}</g>",
            block.svg
        ));
        y += block.height;
    }
    svg.push_str("</svg>");
    let options = usvg::Options {
        fontdb: letters::all(),
        ..usvg::Options::default()
    };
    usvg::Tree::from_str(&svg, &options).ok()
}
