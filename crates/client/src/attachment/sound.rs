//! A recording as it is kept: its sound, packed anew, and nothing else of the file that it came in. Names, places, pictures and films stay
//! in that file. The sound itself is not encoded anew: there is no kept encoder for it in Rust.

use std::io::{self, Cursor, Read, Seek, SeekFrom};

use ogg::{PacketWriteEndInfo, PacketWriter};
use regie_domain::attachment::sound::{LARGEST_SOUND, LONGEST_SOUND};
use symphonia::{
    core::{
        codecs::{
            CodecParameters,
            audio::{
                AudioCodecParameters,
                well_known::{CODEC_ID_AAC, CODEC_ID_MP3, CODEC_ID_OPUS},
            },
        },
        formats::{FormatOptions, FormatReader, TrackType},
        io::{MediaSource, MediaSourceStream, ReadBytes},
    },
    default::formats::{IsoMp4Reader, MkvReader, MpaReader, OggReader},
};
use zeroize::Zeroizing;

use super::{Refused, apart, named, read};

/// An hour of the shortest packets, and as many of a film that lies between them.
const MOST_PACKETS: usize = 3_000_000;
/// Beside the sound there may be this much that is neither sound nor a known tag: a last frame cut short, a frame with a table.
const MOST_REST: usize = 8 * 1024;
/// Of a recording that was cut off so much may be left behind the last whole packet: what a web view hands out at once.
const MOST_CUT: usize = 64 * 1024;
/// A part with less has no word in it: 32 kbit/s are twice as much in a second.
const HARDLY_ANYTHING: usize = 2 * 1024;

/// What a recording is packed as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    /// Opus in Ogg.
    Opus,
    /// AAC-LC in ADTS.
    Aac,
    /// MP3, its frames alone.
    Mp3,
}

/// A recording as it is kept. It has no outline of loud and soft: that would need decoding, for the size of a packet does not tell it (in
/// Opus, silence behind a tone takes more than the tone).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sound {
    /// The sound, packed anew.
    pub(crate) bytes: Vec<u8>,
    /// How.
    pub(crate) packing: Packing,
    /// How long it lasts.
    pub(crate) milliseconds: u64,
}

/// Takes the sound out of a file. What it is stands in the file, whatever its name says.
///
/// # Errors
///
/// Says why it is not taken.
pub(crate) fn take(source: impl Read) -> Result<Sound, Refused> {
    let bytes = read(source, LARGEST_SOUND)?;
    apart(move || taken(&bytes))
}

fn taken(bytes: &[u8]) -> Result<Sound, Refused> {
    pack(&read_packets(bytes, End::Whole)?)
}

/// Puts a recording of the window together from its parts, of which each goes from a press to the next pause. Of the last piece the end may be
/// missing, and what is longer than may be is left out.
///
/// # Errors
///
/// [`Refused::Damaged`] when a part cannot be read up to there, or nothing was said at all.
pub(crate) fn take_recorded(parts: Vec<Zeroizing<Vec<u8>>>) -> Result<Sound, Refused> {
    apart(move || {
        let mut whole: Option<Packets> = None;
        for part in &parts {
            let part = match without_doubles(part).and_then(|part| read_packets(&part, End::MayLack)) {
                Ok(part) => part,
                // Stopped before the first word.
                Err(_) if part.len() < HARDLY_ANYTHING => continue,
                Err(refused) => return Err(refused),
            };
            match whole.as_mut() {
                Some(whole) => whole.go_on_with(part)?,
                None => whole = Some(part),
            }
        }
        let mut whole = whole.ok_or(Refused::Damaged)?;
        whole.shorten()?;
        pack(&whole)
    })
}

/// How a file with these bytes is called at its end.
pub(crate) fn ending(bytes: &[u8]) -> &'static str {
    match container(bytes) {
        Some(Container::Ogg) => "ogg",
        Some(Container::WebM) => "webm",
        Some(Container::Mp4) => "m4a",
        Some(Container::Adts) => "aac",
        Some(Container::Mp3) => "mp3",
        None => "bin",
    }
}

/// WebKitGTK hands out some boxes of MP4 twice, one right behind the other. What the first says of sound would be looked for in the second.
///
/// # Errors
///
/// [`Refused::Damaged`] when more than the end is no row of boxes.
fn without_doubles(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    if !matches!(container(bytes), Some(Container::Mp4)) {
        return Ok(bytes.to_vec());
    }
    let mut kept = Vec::with_capacity(bytes.len());
    let (mut rest, mut last): (&[u8], &[u8]) = (bytes, &[]);
    while let Some(size) = rest.first_chunk::<4>()
        && let Ok(size @ 8..) = usize::try_from(u32::from_be_bytes(*size))
        && let Some((one, behind)) = rest.split_at_checked(size)
    {
        if one != last {
            kept.extend_from_slice(one);
        }
        (rest, last) = (behind, one);
    }
    if rest.len() > MOST_CUT {
        return Err(Refused::Damaged);
    }
    kept.extend_from_slice(rest);
    Ok(kept)
}

fn read_packets(bytes: &[u8], end: End) -> Result<Packets, Refused> {
    let options = FormatOptions::default();
    Ok(match container(bytes).ok_or_else(|| named(bytes))? {
        Container::Ogg => packets(
            |source| OggReader::try_new(source, options),
            bytes,
            (Packing::Opus, end),
        )?,
        Container::WebM => packets(
            |source| MkvReader::try_new(source, options),
            bytes,
            (Packing::Opus, end),
        )?,
        Container::Mp4 => packets(
            |source| IsoMp4Reader::try_new(source, options),
            bytes,
            (Packing::Aac, end),
        )?,
        Container::Adts => adts_packets(bytes).ok_or(Refused::Damaged)?,
        Container::Mp3 => {
            let frames = without_tags(bytes);
            let packets = packets(
                |source| MpaReader::try_new(source, options),
                frames,
                (Packing::Mp3, end),
            )?;
            let sound: usize = packets.packets.iter().map(|packet| packet.len()).sum();
            if frames.len().saturating_sub(sound) > MOST_REST {
                return Err(Refused::Damaged);
            }
            packets
        }
    })
}

/// What has to be there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// All of it.
    Whole,
    /// All but the end, which was never handed over.
    MayLack,
}

enum Container {
    Ogg,
    WebM,
    Mp4,
    /// As we pack it: what comes back from an archive.
    Adts,
    Mp3,
}

fn container(bytes: &[u8]) -> Option<Container> {
    match bytes {
        [b'O', b'g', b'g', b'S', ..] => Some(Container::Ogg),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => Some(Container::WebM),
        [_, _, _, _, b'f', b't', b'y', b'p', rest @ ..] => {
            let is_picture = [
                "heic", "heix", "hevc", "heim", "heis", "mif1", "msf1", "avif", "avis",
            ]
            .iter()
            .any(|brand| rest.starts_with(brand.as_bytes()));
            (!is_picture).then_some(Container::Mp4)
        }
        [b'I', b'D', b'3', ..] => Some(Container::Mp3),
        [0xFF, second, ..] if second & 0xF6 == 0xF0 => Some(Container::Adts),
        // Layer III of MPEG 1, 2 and 2.5.
        [0xFF, second, ..] if second & 0xE6 == 0xE2 => Some(Container::Mp3),
        _ => None,
    }
}

/// The frames of an MP3 without the tags before and behind them: names, lyrics, pictures.
fn without_tags(mut bytes: &[u8]) -> &[u8] {
    while let [b'I', b'D', b'3', _, _, flags, a, b, c, d, ..] = bytes {
        let size = [a, b, c, d]
            .iter()
            .fold(0_usize, |size, byte| size << 7 | usize::from(**byte & 0x7F));
        let footer = if flags & 0x10 == 0 { 0 } else { 10 };
        bytes = bytes.get(10 + size + footer..).unwrap_or_default();
    }
    let old = bytes
        .len()
        .checked_sub(128)
        .and_then(|at| bytes.split_at_checked(at));
    if let Some((before, [b'T', b'A', b'G', ..])) = old {
        bytes = before;
    }
    // An APE tag ends with 32 bytes that tell its size without its head.
    let footer = bytes
        .len()
        .checked_sub(32)
        .and_then(|at| bytes.split_at_checked(at));
    if let Some((
        _,
        [
            b'A',
            b'P',
            b'E',
            b'T',
            b'A',
            b'G',
            b'E',
            b'X',
            _,
            _,
            _,
            _,
            a,
            b,
            c,
            d,
            _,
            _,
            _,
            _,
            flags @ ..,
        ],
    )) = footer
    {
        let size = usize::try_from(u32::from_le_bytes([*a, *b, *c, *d])).unwrap_or(usize::MAX);
        let has_head = flags.get(3).is_some_and(|flags| flags & 0x80 != 0);
        let size = size.saturating_add(if has_head { 32 } else { 0 });
        bytes = bytes.get(..bytes.len().saturating_sub(size)).unwrap_or_default();
    }
    bytes
}

/// What is taken out of a container.
struct Packets {
    packing: Packing,
    parameters: AudioCodecParameters,
    packets: Vec<Box<[u8]>>,
    /// Samples of the last packet that its encoder added to fill it, where the container tells.
    filling: u64,
}

impl Packets {
    /// Another part follows, of the same encoder.
    fn go_on_with(&mut self, part: Self) -> Result<(), Refused> {
        // In Opus each packet says what it is.
        let fits =
            self.packing == Packing::Opus || Aac::read(&self.parameters) == Aac::read(&part.parameters);
        if self.packing != part.packing || !fits {
            return Err(Refused::Damaged);
        }
        self.packets.extend(part.packets);
        self.filling = part.filling;
        Ok(())
    }

    /// Leaves out what lasts longer than may be.
    fn shorten(&mut self) -> Result<(), Refused> {
        let (rate, lengths) = self.lengths()?;
        let mut left = LONGEST_SOUND * u64::from(rate) / 1_000;
        let kept = lengths.iter().take_while(|length| {
            let fits = **length <= left;
            left = left.saturating_sub(**length);
            fits
        });
        let kept = kept.count();
        if kept < self.packets.len() {
            self.packets.truncate(kept);
            self.filling = 0;
        }
        Ok(())
    }

    /// Samples of a second, and of each packet.
    fn lengths(&self) -> Result<(u32, Vec<u64>), Refused> {
        Ok(match self.packing {
            Packing::Opus => (48_000, lengths_by(&self.packets, opus_samples)?),
            Packing::Aac => {
                let aac = Aac::read(&self.parameters).ok_or(Refused::Damaged)?;
                (aac.rate, lengths_by(&self.packets, |_| Some(1_024))?)
            }
            Packing::Mp3 => {
                let rate = self.parameters.sample_rate.ok_or(Refused::Damaged)?;
                (rate, lengths_by(&self.packets, mp3_samples)?)
            }
        })
    }
}

/// The packets of the only recording in a container; a film beside it is not taken.
fn packets<'a, R: FormatReader + 'a>(
    open: impl FnOnce(MediaSourceStream<'a>) -> symphonia::core::errors::Result<R>,
    bytes: &'a [u8],
    (packing, end): (Packing, End),
) -> Result<Packets, Refused> {
    let source = MediaSourceStream::new(Box::new(Bounded::new(bytes)), Default::default());
    let mut reader = open(source).map_err(|_| Refused::Damaged)?;
    let tracks = reader
        .tracks()
        .iter()
        .filter(|track| track.track_type() == Some(TrackType::Audio));
    let [track] = tracks.collect::<Vec<_>>()[..] else {
        return Err(Refused::Unknown);
    };
    let Some(CodecParameters::Audio(parameters)) = &track.codec_params else {
        return Err(Refused::Unknown);
    };
    let codec = match packing {
        Packing::Opus => CODEC_ID_OPUS,
        Packing::Aac => CODEC_ID_AAC,
        Packing::Mp3 => CODEC_ID_MP3,
    };
    if parameters.codec != codec {
        return Err(Refused::Unknown);
    }
    let (id, parameters) = (track.id, parameters.clone());
    let (mut packets, mut size, mut filling) = (Vec::new(), 0_usize, 0);
    for _ in 0..MOST_PACKETS {
        let next = match reader.next_packet() {
            Ok(next) => next,
            Err(_) if end == End::Whole || packets.is_empty() => return Err(Refused::Damaged),
            Err(_) => {
                let read = usize::try_from(Box::new(reader).into_inner().pos()).unwrap_or(usize::MAX);
                if bytes.len().saturating_sub(read) > MOST_CUT {
                    return Err(Refused::Damaged);
                }
                return Ok(Packets {
                    packing,
                    parameters,
                    packets,
                    filling: 0,
                });
            }
        };
        let Some(packet) = next else {
            return Ok(Packets {
                packing,
                parameters,
                packets,
                filling,
            });
        };
        if packet.track_id != id {
            continue;
        }
        // A table may name the same bytes many times: more comes out than went in.
        size = size.saturating_add(packet.data.len());
        if packet.data.is_empty() || size > bytes.len() {
            return Err(Refused::Damaged);
        }
        filling = packet.trim_end.get();
        packets.push(packet.data);
    }
    Err(Refused::TooLong)
}

/// The frames of ADTS, all of one kind, to the last byte.
fn adts_packets(bytes: &[u8]) -> Option<Packets> {
    let (mut rest, mut kind, mut packets) = (bytes, None, Vec::new());
    while let [0xFF, second, a, b, c, d, e, ..] = rest {
        // Profile, rate and channels; a frame may have a check behind its head, and has one block.
        let frame = (a >> 6, a >> 2 & 0xF, (a & 1) << 2 | b >> 6);
        if second & 0xF6 != 0xF0 || e & 3 != 0 || *kind.get_or_insert(frame) != frame {
            return None;
        }
        let head = if second & 1 == 1 { 7 } else { 9 };
        let length = usize::from(b & 3) << 11 | usize::from(*c) << 3 | usize::from(d >> 5);
        let (frame, after) = rest.split_at_checked(length)?;
        let packet = frame.get(head..).filter(|packet| !packet.is_empty())?;
        packets.push(packet.into());
        rest = after;
    }
    let (profile, rate, channels) = kind.filter(|_| rest.is_empty())?;
    let mut parameters = AudioCodecParameters::new();
    let second = (rate & 1) << 7 | channels << 3;
    parameters.with_extra_data([(profile + 1) << 3 | rate >> 1, second].into());
    Some(Packets {
        packing: Packing::Aac,
        parameters,
        packets,
        filling: 0,
    })
}

fn pack(packets: &Packets) -> Result<Sound, Refused> {
    if packets.packets.is_empty() {
        return Err(Refused::Damaged);
    }
    let (rate, lengths) = packets.lengths()?;
    let samples: u64 = lengths.iter().sum();
    let milliseconds = samples * 1_000 / u64::from(rate.max(1));
    if milliseconds > LONGEST_SOUND {
        return Err(Refused::TooLong);
    }
    let bytes = match packets.packing {
        Packing::Opus => ogg_opus(packets, &lengths)?,
        Packing::Aac => adts(packets)?,
        Packing::Mp3 => packets.packets.concat(),
    };
    Ok(Sound {
        bytes,
        packing: packets.packing,
        milliseconds,
    })
}

fn lengths_by(packets: &[Box<[u8]>], length: impl Fn(&[u8]) -> Option<u64>) -> Result<Vec<u64>, Refused> {
    let lengths = packets.iter().map(|packet| length(packet));
    lengths.collect::<Option<_>>().ok_or(Refused::Damaged)
}

/// Samples of a packet at 48 kHz (RFC 6716, 3.1): by its first byte, and how many frames it has.
fn opus_samples(packet: &[u8]) -> Option<u64> {
    let first = *packet.first()?;
    let frame: u64 = match first >> 3 {
        config @ 0..12 => [480, 960, 1_920, 2_880].get(usize::from(config % 4)).copied()?,
        config @ 12..16 => {
            if config % 2 == 0 {
                480
            } else {
                960
            }
        }
        config => 120 << (config % 4),
    };
    let frames = match first & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => u64::from(packet.get(1)? & 0x3F),
    };
    // No packet lasts longer than 120 ms.
    (1..=5_760).contains(&(frame * frames)).then_some(frame * frames)
}

/// Samples of a frame of Layer III: twice as many in MPEG 1 as in its successors.
fn mp3_samples(frame: &[u8]) -> Option<u64> {
    let [0xFF, second, ..] = frame else {
        return None;
    };
    Some(if second & 0x18 == 0x18 { 1_152 } else { 576 })
}

/// Opus in Ogg (RFC 7845) with empty tags, and always with the same number, so that the same recording has the same bytes.
fn ogg_opus(packets: &Packets, lengths: &[u64]) -> Result<Vec<u8>, Refused> {
    const SERIAL: u32 = 1;
    let head = packets.parameters.extra_data.as_deref().unwrap_or_default();
    // Channels, samples to leave out at the beginning, loudness; more than two channels have a table behind it, which is not taken.
    let [
        b'O',
        b'p',
        b'u',
        b's',
        b'H',
        b'e',
        b'a',
        b'd',
        0..=15,
        channels @ 1..=2,
        skip1,
        skip2,
        _,
        _,
        _,
        _,
        gain1,
        gain2,
        0,
        ..,
    ] = head
    else {
        return Err(Refused::Damaged);
    };
    let mut fresh = b"OpusHead\x01".to_vec();
    fresh.push(*channels);
    fresh.extend([*skip1, *skip2]);
    fresh.extend(48_000_u32.to_le_bytes());
    fresh.extend([*gain1, *gain2, 0]);
    let tags = b"OpusTags\x05\0\0\0Regie\0\0\0\0".to_vec();
    let mut writer = PacketWriter::new(Vec::new());
    let mut write = |packet: &[u8], end, position| {
        writer
            .write_packet(packet.to_vec(), SERIAL, end, position)
            .map_err(|_| Refused::Damaged)
    };
    write(&fresh, PacketWriteEndInfo::EndPage, 0)?;
    write(&tags, PacketWriteEndInfo::EndPage, 0)?;
    let (mut position, last) = (0, packets.packets.len().saturating_sub(1));
    for (number, (packet, length)) in packets.packets.iter().zip(lengths).enumerate() {
        position += length;
        if number == last {
            write(
                packet,
                PacketWriteEndInfo::EndStream,
                position - packets.filling.min(*length),
            )?;
        } else {
            write(packet, PacketWriteEndInfo::NormalPacket, position)?;
        }
    }
    Ok(writer.into_inner())
}

/// What stands in the head of each frame of ADTS.
#[derive(PartialEq, Eq)]
struct Aac {
    rate: u32,
    rate_number: u8,
    channels: u8,
}

impl Aac {
    /// From the configuration in the container (ISO/IEC 14496-3, 1.6.2.1). AAC-LC alone: what is laid upon it in other profiles has no
    /// place in these heads.
    fn read(parameters: &AudioCodecParameters) -> Option<Self> {
        const RATES: [u32; 13] = [
            96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
            7_350,
        ];
        let [first, second, ..] = parameters.extra_data.as_deref()? else {
            return None;
        };
        let (rate_number, channels) = ((first & 7) << 1 | second >> 7, second >> 3 & 0xF);
        // Frames of 1,024 samples, and a number of channels that has one meaning.
        let is_usual = first >> 3 == 2 && second & 4 == 0 && (1..=2).contains(&channels);
        let rate = *RATES.get(usize::from(rate_number))?;
        is_usual.then_some(Self {
            rate,
            rate_number,
            channels,
        })
    }
}

/// AAC as ADTS (ISO/IEC 14496-3, 1.A.2.2): seven bytes before each frame.
fn adts(packets: &Packets) -> Result<Vec<u8>, Refused> {
    let aac = Aac::read(&packets.parameters).ok_or(Refused::Damaged)?;
    let mut bytes = Vec::new();
    for packet in &packets.packets {
        let length = u16::try_from(packet.len() + 7)
            .ok()
            .filter(|length| *length < 1 << 13);
        let [high, low] = length.ok_or(Refused::Damaged)?.to_be_bytes();
        bytes.extend([
            0xFF,
            0xF1,
            1 << 6 | aac.rate_number << 2 | aac.channels >> 2,
            (aac.channels & 3) << 6 | high >> 3,
            high << 5 | low >> 3,
            low << 5 | 0x1F,
            0xFC,
        ]);
        bytes.extend_from_slice(packet);
    }
    Ok(bytes)
}

/// The bytes of a file, for a reader that may not go through them again and again: a hostile table could keep it busy for hours.
struct Bounded<'a> {
    bytes: Cursor<&'a [u8]>,
    left: u64,
}

impl<'a> Bounded<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Self {
            bytes: Cursor::new(bytes),
            left: size.saturating_mul(4).saturating_add(4 * 1024 * 1024),
        }
    }
}

impl Read for Bounded<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(into)?;
        self.left = self
            .left
            // A look costs too, or one that reads nothing could go on for ever.
            .checked_sub(u64::try_from(read).unwrap_or(u64::MAX).saturating_add(1))
            .ok_or_else(|| io::Error::other("read too often"))?;
        Ok(read)
    }
}

impl Seek for Bounded<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.left = self
            .left
            .checked_sub(16)
            .ok_or_else(|| io::Error::other("sought too often"))?;
        self.bytes.seek(to)
    }
}

impl MediaSource for Bounded<'_> {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        u64::try_from(self.bytes.get_ref().len()).ok()
    }
}

#[cfg(test)]
mod tests;
