// Looks for secrets in bytes, in every writing that a program may keep them in.

import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { constants, inflateRawSync } from "node:zlib";

export class Traces {
  #patterns;

  /** `secrets`: what to call it → what was typed. */
  constructor(secrets) {
    this.#patterns = Object.entries(secrets).flatMap(([name, secret]) =>
      writings(secret).map(([writing, bytes]) => ({ what: `${name} as ${writing}`, bytes })),
    );
  }

  /** What is in these bytes, and in what is compressed in them; capitals count as small letters. */
  inBytes(bytes) {
    return [bytes, ...unpacked(bytes)].flatMap((each, index) => {
      const small = lowerCase(each);
      return this.#patterns
        .filter((pattern) => small.includes(pattern.bytes))
        .map(({ what }) => (index === 0 ? what : `${what}, compressed`));
    });
  }

  /** What is in the files below a folder, and in their names. */
  inFolder(folder) {
    return filesBelow(folder).flatMap((file) => this.#inFile(file));
  }

  /** As `inFolder`, for files written since; other folders than one's own, where strangers come and go. */
  inFresh(folders, since, except) {
    return folders.flatMap((folder) =>
      filesBelow(folder, { except, since })
        .filter(({ size }) => size < 64 * 1024 * 1024)
        .flatMap((file) => this.#inFile(file)),
    );
  }

  #inFile({ path }) {
    let bytes;
    try {
      bytes = readFileSync(path);
    } catch {
      return [];
    }
    const name = decodeName(path);
    return this.inBytes(Buffer.concat([bytes, Buffer.from(`\n${name}`)])).map((what) => ({
      file: path,
      what,
    }));
  }
}

/** Whatever can be unpacked from a place at which gzip, zlib or a zip archive's member may begin; also when its end is missing. */
function* unpacked(bytes) {
  const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 64 * 1024 * 1024 };
  const inflated = (at) => {
    try {
      // Raw, because what follows the packed bytes is no fault here.
      return inflateRawSync(bytes.subarray(at), options);
    } catch {
      return Buffer.alloc(0);
    }
  };
  for (let at = 0; at + 3 < bytes.length; at++) {
    const pair = bytes[at] * 256 + bytes[at + 1];
    let found = Buffer.alloc(0);
    if (pair === 0x1f8b && bytes[at + 2] === 8) found = inflated(endOfGzipHeader(bytes, at));
    else if (bytes[at] === 0x78 && pair % 31 === 0) found = inflated(at + 2);
    else if (pair === 0x504b && bytes[at + 2] === 3 && bytes[at + 3] === 4 && at + 30 < bytes.length)
      found = inflated(at + 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28));
    if (found.length > 0) yield found;
  }
}

/** RFC 1952: ten bytes, then what the flags announce. */
function endOfGzipHeader(bytes, at) {
  const flags = bytes[at + 3];
  let end = at + 10;
  if (flags & 4 && end + 2 <= bytes.length) end += 2 + bytes.readUInt16LE(end);
  for (const named of [8, 16]) if (flags & named) end = bytes.indexOf(0, end) + 1 || bytes.length;
  return flags & 2 ? end + 2 : end;
}

function decodeName(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Letter case is ironed out on both sides, which costs nothing: a chance hit in so long a string does not happen. */
function writings(secret) {
  const utf8 = Buffer.from(secret);
  const utf16 = Buffer.from(secret, "utf16le");
  const plain = [
    ["text", utf8],
    ["UTF-16", utf16],
    ["hexadecimal", Buffer.from(utf8.toString("hex"))],
    [
      "JSON",
      Buffer.from(
        JSON.stringify(secret)
          .slice(1, -1)
          .replace(/[^\0-\x7f]/g, escaped),
      ),
    ],
    ["part of an address", Buffer.from(encodeURIComponent(secret))],
  ];
  const encoded = [
    ["base64", utf8],
    ["base64 of UTF-16", utf16],
  ].flatMap(([name, bytes]) =>
    [0, 1, 2].flatMap((offset) =>
      ["base64", "base64url"].map((alphabet) => [
        `${name}, ${alphabet} at ${offset}`,
        inBase64(bytes, offset, alphabet),
      ]),
    ),
  );
  return [...plain, ...encoded].map(([name, bytes]) => [name, lowerCase(bytes)]);
}

function escaped(sign) {
  return `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** The signs that depend on these bytes alone, when they begin `offset` bytes into a group of three. */
function inBase64(bytes, offset, alphabet) {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString(alphabet);
  return Buffer.from(text.slice(Math.ceil((offset * 4) / 3), Math.floor(((offset + bytes.length) * 4) / 3)));
}

function lowerCase(bytes) {
  const small = Buffer.from(bytes);
  for (let index = 0; index < small.length; index++) {
    const byte = small[index];
    if (byte >= 65 && byte <= 90) small[index] = byte + 32;
  }
  return small;
}

function filesBelow(folder, { except, since = 0 } = {}) {
  if (folder === except) return [];
  let names;
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    const path = join(folder, name);
    try {
      const about = lstatSync(path);
      if (about.isDirectory()) return filesBelow(path, { except, since });
      return about.isFile() && about.mtimeMs >= since ? [{ path, size: about.size }] : [];
    } catch {
      return [];
    }
  });
}
