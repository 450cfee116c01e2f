//! The privacy statement: at hand in every state, announced when it is new, with what changed in it.

use std::ops::Range;

use regie_domain::diary::plain_text;
use regie_protocol::{Language, Text, statement::Statement};
use regie_vault::{Vault, VaultError, settings::Setting};
use serde::Serialize;
use similar::{ChangeTag, DiffTag, TextDiff};
use specta::Type;

use crate::{Client, ClientError, PurposeView, consent};

/// Vaults that were made before it was kept were made under the first one.
const SEEN_UNLESS_KEPT: u32 = 1;
/// From so much in common on, a paragraph counts as changed and not as another one.
const ALIKE: f32 = 0.4;

/// A version of the statement.
#[derive(Clone, Debug, Serialize, Type)]
pub struct StatementView {
    /// Counts up with each published text.
    pub version: u32,
    /// From when it holds, ISO 8601.
    pub date: String,
    /// The text as Markdown.
    pub markdown: String,
    /// Every published version, newest first.
    pub versions: Vec<StatementVersion>,
}

/// Which version, and from when.
#[derive(Clone, Debug, Serialize, Type)]
pub struct StatementVersion {
    /// Counts up with each published text.
    pub version: u32,
    /// From when it holds, ISO 8601.
    pub date: String,
}

/// What is new since the person last looked.
#[derive(Clone, Debug, Serialize, Type)]
pub struct NewsView {
    /// A version of the statement that they have not seen.
    pub statement: Option<AnnouncedView>,
    /// Purposes that wait for their answer: new ones, and ones whose text has changed since they said yes.
    pub purposes: Vec<PurposeView>,
}

/// A new version of the statement, in a few lines.
#[derive(Clone, Debug, Serialize, Type)]
pub struct AnnouncedView {
    /// Which version.
    pub version: u32,
    /// From when it holds, ISO 8601.
    pub date: String,
    /// What changed for the person.
    pub changes: Vec<String>,
}

/// What changed between two versions.
#[derive(Clone, Debug, Serialize, Type)]
pub struct StatementChangesView {
    /// The version before.
    pub from: StatementVersion,
    /// The version after.
    pub to: StatementVersion,
    /// What changed for the person, newest first.
    pub changes: Vec<String>,
    /// The whole text, in order.
    pub blocks: Vec<BlockView>,
    /// Purposes that wait for their answer.
    pub purposes: Vec<PurposeView>,
}

/// A heading, a paragraph or an item of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct BlockView {
    /// What it is.
    pub kind: BlockKind,
    /// What became of it.
    pub change: BlockChange,
    /// As Markdown, where it is the same in both versions.
    pub markdown: Option<String>,
    /// In pieces, where it is not.
    pub parts: Vec<PartView>,
}

/// What a block is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum BlockKind {
    /// A heading.
    Heading,
    /// A paragraph.
    Paragraph,
    /// An item of a list.
    Item,
}

/// What became of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum BlockChange {
    /// It stayed.
    Same,
    /// Words in it changed.
    Changed,
    /// It is new.
    Added,
    /// It is gone.
    Removed,
}

/// A piece of a changed block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct PartView {
    /// What became of it: never [`BlockChange::Changed`].
    pub change: BlockChange,
    /// As it is read, without marks.
    pub text: String,
}

impl Client {
    /// The privacy statement in force.
    #[must_use]
    pub fn statement(&self) -> &'static Statement {
        self.notices.statement()
    }

    /// A version of the statement, or the one in force.
    ///
    /// # Errors
    /// [`VaultError::NotFound`] for a version that was never published.
    pub fn statement_view(&self, version: Option<u32>) -> Result<StatementView, ClientError> {
        let version = version.unwrap_or(self.statement().version);
        let one = self.published(version)?;
        let all = self.notices.statements.iter().rev();
        Ok(StatementView {
            version: one.version,
            date: one.date.into(),
            markdown: one.markdown(self.language()).into(),
            versions: all.map(StatementVersion::of).collect(),
        })
    }

    /// What is new since the person last looked, and waits for their answer.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the database says.
    pub fn news(&self) -> Result<NewsView, ClientError> {
        let language = self.language();
        self.with_vault(|vault| {
            let newest = self.statement();
            let seen = seen(vault)?;
            let announced = || AnnouncedView {
                version: newest.version,
                date: newest.date.into(),
                changes: self.changes_since(seen, newest.version, language),
            };
            Ok(NewsView {
                statement: (newest.version > seen).then(announced),
                purposes: self.waiting(vault, language)?,
            })
        })
    }

    /// What changed in the statement since a version, up to the one in force; without a version since the one that the
    /// person saw last, or the one before it.
    ///
    /// # Errors
    /// [`ClientError::Locked`]; [`VaultError::NotFound`] for a version that was never published; what the database says.
    pub fn statement_changes(&self, since: Option<u32>) -> Result<StatementChangesView, ClientError> {
        let language = self.language();
        let to = self.statement();
        self.with_vault(|vault| {
            let before = to.version.saturating_sub(1).max(SEEN_UNLESS_KEPT);
            let since = match since {
                Some(since) => since,
                None => seen(vault)?.min(before),
            };
            let from = self.published(since)?;
            Ok(StatementChangesView {
                from: StatementVersion::of(from),
                to: StatementVersion::of(to),
                changes: self.changes_since(from.version, to.version, language),
                blocks: compare(from.markdown(language), to.markdown(language)),
                purposes: self.waiting(vault, language)?,
            })
        })
    }

    /// The person has seen the version in force.
    ///
    /// # Errors
    /// [`ClientError::Locked`], or what the disk says.
    pub fn statement_seen(&self) -> Result<(), ClientError> {
        let version = self.statement().version;
        self.with_vault(|vault| Ok(vault.set_setting(Setting::StatementSeen, &version)?))
    }

    fn published(&self, version: u32) -> Result<&'static Statement, ClientError> {
        let found = self.notices.statement_in_version(version);
        found.ok_or(ClientError::Vault(VaultError::NotFound))
    }

    fn changes_since(&self, since: u32, up_to: u32, language: Language) -> Vec<String> {
        let later = self.notices.statements.iter().rev();
        let later = later.filter(|one| one.version > since && one.version <= up_to);
        let say = |text: &Text| text.in_language(language).to_owned();
        later.flat_map(|one| one.changes.iter().map(say)).collect()
    }

    fn waiting(&self, vault: &Vault, language: Language) -> Result<Vec<PurposeView>, ClientError> {
        let mut views = consent::views(&self.notices, Some(vault), language)?;
        views.retain(|purpose| purpose.since.is_none() || purpose.renew);
        Ok(views)
    }
}

fn seen(vault: &Vault) -> Result<u32, VaultError> {
    Ok(vault.setting(Setting::StatementSeen)?.unwrap_or(SEEN_UNLESS_KEPT))
}

impl StatementVersion {
    fn of(statement: &Statement) -> Self {
        Self {
            version: statement.version,
            date: statement.date.into(),
        }
    }
}

/// Two versions of a text, block by block; words within blocks that changed.
pub(crate) fn compare(old: &str, new: &str) -> Vec<BlockView> {
    let (old, new) = (blocks(old), blocks(new));
    let diff = TextDiff::from_slices(&old, &new);
    let mut views = Vec::new();
    for op in diff.ops() {
        let (tag, before, after) = op.as_tag_tuple();
        let (gone, come) = (slice(&old, before), slice(&new, after));
        match tag {
            DiffTag::Equal => views.extend(come.iter().map(|block| BlockView::same(block))),
            DiffTag::Delete | DiffTag::Insert | DiffTag::Replace => views.extend(replaced(gone, come)),
        }
    }
    views
}

fn slice<'a, 'b>(blocks: &'a [&'b str], range: Range<usize>) -> &'a [&'b str] {
    blocks.get(range).unwrap_or_default()
}

/// Headings, paragraphs and items, each as it stands; without the title, which the screen has.
fn blocks(markdown: &str) -> Vec<&str> {
    let paragraphs = markdown
        .split("\n\n")
        .map(str::trim)
        .filter(|one| !one.is_empty());
    paragraphs
        .filter(|one| !one.starts_with("# "))
        .flat_map(|one| -> Vec<&str> {
            if one.starts_with("- ") {
                one.lines().collect()
            } else {
                vec![one]
            }
        })
        .collect()
}

/// Blocks in whose place others stand: those that resemble each other changed, the others went or came.
fn replaced(gone: &[&str], come: &[&str]) -> Vec<BlockView> {
    let mut views = Vec::new();
    let mut rest = come.iter();
    for block in gone {
        let like = rest.as_slice().iter().position(|other| resemble(block, other));
        let Some(like) = like else {
            views.push(BlockView::whole(block, BlockChange::Removed));
            continue;
        };
        let added = rest.by_ref().take(like);
        views.extend(added.map(|block| BlockView::whole(block, BlockChange::Added)));
        views.extend(rest.next().map(|other| BlockView::changed(block, other)));
    }
    views.extend(rest.map(|block| BlockView::whole(block, BlockChange::Added)));
    views
}

fn resemble(one: &str, other: &str) -> bool {
    kind(one) == kind(other) && TextDiff::from_words(one, other).ratio() >= ALIKE
}

fn kind(block: &str) -> BlockKind {
    if block.starts_with('#') {
        BlockKind::Heading
    } else if block.starts_with("- ") {
        BlockKind::Item
    } else {
        BlockKind::Paragraph
    }
}

fn read(block: &str) -> String {
    plain_text(block.trim_start_matches(['#', '-', ' ']))
        .trim()
        .to_owned()
}

impl BlockView {
    fn same(block: &str) -> Self {
        Self {
            kind: kind(block),
            change: BlockChange::Same,
            markdown: Some(block.into()),
            parts: Vec::new(),
        }
    }

    fn whole(block: &str, change: BlockChange) -> Self {
        Self {
            kind: kind(block),
            change,
            markdown: None,
            parts: vec![PartView {
                change,
                text: read(block),
            }],
        }
    }

    fn changed(old: &str, new: &str) -> Self {
        Self {
            kind: kind(new),
            change: BlockChange::Changed,
            markdown: None,
            parts: parts(&read(old), &read(new)),
        }
    }
}

/// Words that stayed, went and came. A space alone between two changes belongs to both, so that they read as one.
fn parts(old: &str, new: &str) -> Vec<PartView> {
    let diff = TextDiff::from_words(old, new);
    let mut parts: Vec<PartView> = Vec::new();
    let (mut gone, mut come, mut space) = (String::new(), String::new(), String::new());
    for change in diff.iter_all_changes() {
        let word = change.value();
        let between = !gone.is_empty() || !come.is_empty();
        match change.tag() {
            ChangeTag::Equal if between && word.trim().is_empty() => space.push_str(word),
            ChangeTag::Equal => {
                put(&mut parts, BlockChange::Removed, &mut gone);
                put(&mut parts, BlockChange::Added, &mut come);
                space.push_str(word);
                put(&mut parts, BlockChange::Same, &mut space);
            }
            ChangeTag::Delete | ChangeTag::Insert => {
                if !space.is_empty() {
                    gone.push_str(&space);
                    come.push_str(&space);
                    space.clear();
                }
                if change.tag() == ChangeTag::Delete {
                    gone.push_str(word);
                } else {
                    come.push_str(word);
                }
            }
        }
    }
    put(&mut parts, BlockChange::Removed, &mut gone);
    put(&mut parts, BlockChange::Added, &mut come);
    put(&mut parts, BlockChange::Same, &mut space);
    parts
}

fn put(parts: &mut Vec<PartView>, change: BlockChange, text: &mut String) {
    let text = std::mem::take(text);
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.change == change => last.text.push_str(&text),
        _ => parts.push(PartView { change, text }),
    }
}

#[cfg(test)]
mod tests {
    use regie_protocol::statement::ALL;

    use super::*;

    fn side(blocks: &[BlockView], gone: BlockChange) -> Vec<String> {
        let kept = blocks.iter().filter(|block| block.change != gone);
        let say = |block: &BlockView| match &block.markdown {
            Some(markdown) => read(markdown),
            None => {
                let parts = block.parts.iter().filter(|part| part.change != gone);
                parts.map(|part| part.text.as_str()).collect()
            }
        };
        kept.map(say).collect()
    }

    #[test]
    fn what_is_shown_of_a_change_holds_both_versions_whole() {
        for language in Language::ALL {
            for (old, new) in ALL.iter().zip(ALL.iter().skip(1)) {
                let (old, new) = (old.markdown(language), new.markdown(language));
                let shown = compare(old, new);
                let all = |text| blocks(text).into_iter().map(read).collect::<Vec<_>>();
                assert_eq!(side(&shown, BlockChange::Added), all(old));
                assert_eq!(side(&shown, BlockChange::Removed), all(new));
                let changed = shown.iter().filter(|block| block.change != BlockChange::Same);
                assert!((3..shown.len() / 2).contains(&changed.count()));
            }
        }
    }

    #[test]
    fn a_changed_sentence_is_one_change_and_not_a_row_of_words() {
        let shown = compare(
            "# Title\n\n- **Pause**: take back your yes today.",
            "# Title\n\n- **Pause**: take it all back today.\n- New.",
        );
        let part = |change, text: &str| PartView {
            change,
            text: text.into(),
        };
        assert_eq!(shown[0].change, BlockChange::Changed);
        assert_eq!(
            shown[0].parts.first(),
            Some(&part(BlockChange::Same, "Pause: take "))
        );
        assert_eq!(shown[0].parts.last(), Some(&part(BlockChange::Same, " today.")));
        assert_eq!(shown[1], BlockView::whole("- New.", BlockChange::Added));
    }
}
