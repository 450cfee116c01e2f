#!/usr/bin/env python3
"""Makes the files in this folder: each is wrong, or strange, in one way. `crates/archive/tests/hostile.rs` says what must happen.

    python3 tests/hostile/make.py

Only the standard library, and the same bytes each time. Files too large to keep are made by the tests themselves.
"""

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
WHEN = (2026, 11, 27, 21, 14, 0)
NOTE = "---\ndate: 2026-11-27\n---\nVandaag regende het.\n"


def save(name, content):
    path = HERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def info(name, mode=0o100644, method=zipfile.ZIP_DEFLATED):
    part = zipfile.ZipInfo(name, WHEN)
    part.create_system = 3
    part.external_attr = mode << 16
    part.compress_type = method
    return part


def packed(*parts):
    """A zip of (name or ZipInfo, content)."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part, content in parts:
            archive.writestr(info(part) if isinstance(part, str) else part, content)
    return out.getvalue()


def central(data):
    """Where the list of parts begins."""
    return struct.unpack_from("<I", data, data.rindex(b"PK\x05\x06") + 16)[0]


def patched(data, at, form, value):
    data = bytearray(data)
    struct.pack_into(form, data, at, value)
    return bytes(data)


def names():
    """Names that lead elsewhere, or that two systems read differently."""
    good = ("2026-11-26.md", NOTE)
    for file, name in {
        "name-parent": "../../2026-11-27.md",
        "name-inner-parent": "dagboek/../../2026-11-27.md",
        "name-absolute": "/etc/2026-11-27.md",
        "name-drive": "C:/2026-11-27.md",
        "name-backslash": "..\\2026-11-27.md",
        "name-dot": "./2026-11-27.md",
        "name-empty-step": "dagboek//2026-11-27.md",
    }.items():
        save(f"{file}.zip", packed(good, (name, NOTE)))
    data = packed(good, ("2026-11-27?.md", NOTE))
    save("name-nul.zip", data.replace(b"2026-11-27?.md", b"2026-11-27\0.md"))
    save("name-not-utf8.zip", data.replace(b"2026-11-27?.md", b"2026-11-27\xe9.md"))
    data = packed(good, ("2026-11-27.md", NOTE), ("2026-11-2x.md", NOTE))
    save("name-twice.zip", data.replace(b"2026-11-2x.md", b"2026-11-27.md"))
    save("name-twice-but-for-case.zip", packed(("Regen.md", NOTE), ("REGEN.MD", NOTE)))
    save("name-of-file-and-folder.zip", packed(("regen", NOTE), (info("regen/", 0o040755), "")))


def kinds():
    """Things that are no plain files."""
    save("symlink.zip", packed(("2026-11-26.md", NOTE), (info("2026-11-27.md", 0o120777), "/etc/passwd")))
    save("device.zip", packed((info("2026-11-27.md", 0o020666), "")))
    save("method.zip", packed((info("2026-11-27.md", method=zipfile.ZIP_BZIP2), NOTE)))
    data = packed(("2026-11-27.md", NOTE))
    for at in (6, central(data) + 8):
        data = patched(data, at, "<H", 1)
    save("encrypted.zip", data)


def sizes():
    """Zips whose list says something else than their parts."""
    data = packed(("2026-11-27.md", NOTE * 50))
    at, size = central(data), len(NOTE) * 50
    save("size-too-small.zip", patched(data, at + 24, "<I", size - 1))
    save("size-too-large.zip", patched(data, at + 24, "<I", size + 1))
    save("packed-size-beyond-the-end.zip", patched(data, at + 20, "<I", 1 << 30))
    save("starts-beyond-the-end.zip", patched(data, at + 42, "<I", 1 << 30))
    save("wrong-checksum.zip", patched(data, at + 16, "<I", 0xDEADBEEF))
    save("broken-stream.zip", patched(data, 30 + len("2026-11-27.md"), "<B", 0xFF))
    end = data.rindex(b"PK\x05\x06")
    many = patched(patched(data, end + 8, "<H", 0xFFFE), end + 10, "<H", 0xFFFE)
    save("more-parts-claimed-than-there-are.zip", many)
    count, length = 4_000_000_000, 1 << 40
    record = struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, count, count, length, at)
    locator = struct.pack("<IIQI", 0x07064B50, 0, end, 1)
    last = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    save("four-billion-parts.zip", data[:end] + record + locator + last)


def bombs():
    """Small files that unpack to large ones."""
    save("bomb.zip", packed(("2026-11-27.md", b"\0" * (16 << 20))))
    inner = packed(("2026-11-27.md", b" " * (1 << 20)))
    for _ in range(4):
        inner = packed(*((f"{number}.zip", inner) for number in range(8)))
    save("bomb-in-zips.zip", inner)

    # Several names for the same bytes.
    kernel = b" " * 100_000
    compress = zlib.compressobj(9, zlib.DEFLATED, -15)
    deflated = compress.compress(kernel) + compress.flush()
    body = local("2026-01-01.md", deflated, kernel) + deflated
    listed = [listing(f"2026-01-{day:02}.md", deflated, kernel, 0) for day in range(1, 29)]
    # The name in the list has to be that before the part, or readers differ; here they may.
    save("bomb-shared-bytes.zip", whole(body, listed))

    # A part whose compressed bytes hold the next part, with its header, as a quotation.
    second = local("2026-01-02.md", deflated, kernel)
    quoted = b"\x00" + struct.pack("<HH", len(second), len(second) ^ 0xFFFF) + second + deflated
    content = second + kernel
    head = local("2026-01-01.md", quoted, content)
    listed = [
        listing("2026-01-01.md", quoted, content, 0),
        listing("2026-01-02.md", deflated, kernel, len(head) + 5),
    ]
    save("bomb-quoted.zip", whole(head + quoted, listed))


def local(name, deflated, content):
    return struct.pack(
        "<IHHHHHIIIHH", 0x04034B50, 20, 0, 8, 0, 0x5D7B, zlib.crc32(content), len(deflated), len(content), len(name), 0
    ) + name.encode()


def listing(name, deflated, content, at):
    sums = (zlib.crc32(content), len(deflated), len(content))
    head = struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 8, 0, 0x5D7B, *sums, len(name), 0, 0, 0, 0, 0, at)
    return head + name.encode()


def whole(body, listed):
    listed_bytes = b"".join(listed)
    return body + listed_bytes + struct.pack(
        "<IHHHHIIH", 0x06054B50, 0, 0, len(listed), len(listed), len(listed_bytes), len(body), 0
    )


def journals():
    """JSON that is not what Day One writes, or only just."""

    def entry(**more):
        return {"uuid": "A1", "creationDate": "2026-11-27T20:14:00Z", "text": "Vandaag regende het.", **more}

    def journal(*entries):
        return json.dumps({"metadata": {"version": "1.0"}, "entries": list(entries)}, indent=1)

    save("broken.json", journal(entry(), entry()).replace('"text"', "text", 1))
    save("cut-off-before-entries.json", '{"metadata": {"version": "1.0"}, "ent')
    save("foreign.json", json.dumps({"bookmarks": [{"url": "https://regen.example", "added": "2026-11-27"}]}))
    save("foreign-entries.json", json.dumps({"entries": [{"amount": 12, "on": "2026-11-27"}]}))
    save("a-list.json", json.dumps([entry()]))
    save("entries-are-words.json", '{"metadata": {}, "entries": ["a", "b"]}')
    save("text-is-a-number.json", journal(entry(), entry(text=5)))
    save("something-behind.json", journal(entry()) + " {}")
    deep = "[" * 50_000
    save("deep.json", deep)
    save("deep-in-a-known-field.json", journal(entry()).replace('"text"', f'"tags": {deep}, "text"'))
    closed = "[" * 50_000 + "]" * 50_000
    save("deep-in-an-unknown-field.json", journal(entry()).replace('"text"', f'"richText": {closed}, "text"'))
    huge = "9" * 2000
    numbers = f'"duration": {huge}, "editingTime": 1e999999, "location": {{"latitude": -{huge}e{huge}}}, "text"'
    save("giant-numbers.json", journal(entry()).replace('"text"', numbers))
    save("date-is-a-number.json", journal(entry()).replace('"2026-11-27T20:14:00Z"', huge))
    dates = ["0000-00-00", "9999-12-31T23:59:60Z", "2026-02-30T10:00:00Z", "", "-0001-01-01T00:00:00Z", "2016-12-31T23:59:60Z"]
    dated = [entry(uuid=f"D{number}", creationDate=date) for number, date in enumerate(dates)]
    save("strange-dates.json", journal(entry(), *dated))
    save("not-utf8.json", journal(entry()).encode().replace(b"regende", b"reg\xffnde"))
    save("lone-surrogate.json", journal(entry()).replace("regende", "\\ud800"))
    many = [f"tag {number}" for number in range(40)] + ["lang" * 40]
    save("many-tags.json", journal(entry(tags=many)))


def tables():
    """CSV that is not what Daylio writes, or only just."""
    heading = "full_date,date,weekday,time,mood,activities,note_title,note\n"
    line = '2026-11-27,November 27,Friday,20:30,good,"rain | work","Rain","Walked home."\n'
    save("nul.csv", heading + line.replace("Walked", "Wal\0ked"))
    save("open-quote.csv", heading + line + line.replace('home."', "home."))
    save("short-line.csv", heading + line + "2026-11-26,November 26,Thurs")
    save("foreign.csv", "date,amount,what\n2026-11-27,12.50,bread\n")
    save("windows-1252.csv", (heading + line.replace("Walked home.", "Café, één thee.")).encode("cp1252"))
    save("strange-dates.csv", heading + line.replace("2026-11-27", "0000-00-00") + line.replace("20:30", "99:99") + line)


def notes():
    """A folder with notes that are strange, each in its way."""
    bomb = "---\ndate: 2026-11-27\na0: &a0 [regen, regen, regen]\n"
    bomb += "".join(f"a{level}: &a{level} [" + ", ".join([f"*a{level - 1}"] * 9) + "]\n" for level in range(1, 40))
    save("notes/alias-bomb.md", bomb + "tags: *a39\n---\nDe lijst hierboven is geen tag.\n")
    save("notes/2026-11-01 not utf-8.txt", b"Caf\xe9 op de hoek.\n")
    save("notes/2026-11-02 utf-16.txt", "\ufeffThee met één klontje.\n".encode("utf-16-le"))
    save("notes/2026-11-03 utf-16, odd.txt", "\ufeffThee".encode("utf-16-be") + b"\x00")
    save("notes/2026-11-04 binary.md", b"\x7fELF\0\0\0\0")
    save("notes/2026-11-05 open.md", "---\ntitle: 'niet dicht\n---\nEn dan de tekst.\n")
    save("notes/2026-11-06 nested.md", "---\na: " + "[" * 5000 + "\n---\nDiep.\n")
    save("notes/0000-00-00.md", "Geen dag.\n")
    save("notes/last-second.md", "---\ndate: 9999-12-31T23:59:60Z\n---\nGeen dag.\n")
    save("notes/empty.md", "")
    save("notes/program.exe", b"MZ\0\0")
    save("notes/.obsidian/workspace.json", "{}")
    save("notes/.DS_Store", b"\0\0\0\1Bud1")


for step in (names, kinds, sizes, bombs, journals, tables, notes):
    step()
