//! Moods by the words that Daylio has for its five, from heavy to light.

/// Words of each of the five, in small letters. Whoever named them otherwise finds the word back as a tag.
const WORDS: [&[&str]; 5] = [
    &[
        "awful",
        "horrible",
        "terrible",
        "vreselijk",
        "afschuwelijk",
        "verschrikkelijk",
        "heel slecht",
        "furchtbar",
        "mies",
        "lausig",
        "affreux",
        "fatal",
        "horrível",
        "malissimo",
    ],
    &[
        "bad", "slecht", "schlecht", "mauvais", "mal", "male", "ruim", "mau",
    ],
    &[
        "meh",
        "matig",
        "gaat wel",
        "zo-zo",
        "mwah",
        "oké",
        "oke",
        "ok",
        "neutraal",
        "neutral",
        "naja",
        "bof",
        "regular",
        "così così",
        "mais ou menos",
    ],
    &["good", "goed", "gut", "bien", "bene", "bom", "bem"],
    &[
        "rad",
        "super",
        "geweldig",
        "fantastisch",
        "top",
        "uitstekend",
        "great",
        "amazing",
        "genial",
        "génial",
        "súper",
        "alla grande",
        "radical",
        "ótimo",
    ],
];

/// From 1 to 5; `None` for a word of somebody's own.
pub(super) fn mood(word: &str) -> Option<u8> {
    let word = word.trim().to_lowercase();
    let found = WORDS.iter().position(|words| words.contains(&word.as_str()))?;
    u8::try_from(found + 1).ok()
}
