import type {
  AttachedView,
  AttachmentKind,
  AttachmentView,
  Language,
  LargestView,
  PieceForm,
  RecordingView,
  UiError,
} from "$lib/bindings";
import type { FakeEntry } from "./fake-diary";

type Input = Record<string, unknown>;

/** What photos and recordings ask of the rest of the fake core. */
type Behind = {
  mustWrite: () => void;
  newId: () => string;
  now: () => string;
  entry: (id: string) => FakeEntry;
  /** An entry without words. */
  begin: () => FakeEntry;
  entries: () => { entry: FakeEntry; title: string; zone: string }[];
};

type Scene = { sky: [string, string]; land: string; sun: [number, number] };

const scenes: Scene[] = [
  { sky: ["#f3c79b", "#7fa7b5"], land: "#3f5d54", sun: [0.7, 0.42] },
  { sky: ["#bcd3de", "#f1e6d2"], land: "#7d8f5b", sun: [0.3, 0.3] },
  { sky: ["#33406b", "#c98a7a"], land: "#22303a", sun: [0.5, 0.55] },
  { sky: ["#d8e3e1", "#a9c3b4"], land: "#5d6f64", sun: [0.8, 0.25] },
];

/** One dot, for where nothing can be drawn. */
const dot =
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAACf/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AVN//2Q==";

/** A picture of a morning outside, as a JPEG in base64. */
function draw(width: number, height: number, which: number): string {
  // jsdom has the element and no way to draw on it.
  if (navigator.userAgent.includes("jsdom")) return dot;
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d")!;
  const { sky, land, sun } = scenes[which % scenes.length]!;
  const air = pen.createLinearGradient(0, 0, 0, height);
  air.addColorStop(0, sky[0]);
  air.addColorStop(0.8, sky[1]);
  pen.fillStyle = air;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "rgba(255, 244, 214, 0.85)";
  pen.beginPath();
  pen.arc(sun[0] * width, sun[1] * height, width / 14, 0, 7);
  pen.fill();
  pen.fillStyle = land;
  for (const [index, level] of [0.62, 0.72, 0.84].entries()) {
    pen.globalAlpha = 0.45 + index * 0.25;
    pen.beginPath();
    pen.moveTo(0, height);
    for (let x = 0; x <= width; x += width / 40)
      pen.lineTo(x, height * (level + 0.05 * Math.sin((x / width) * 5 + which + index * 2)));
    pen.lineTo(width, height);
    pen.fill();
  }
  return canvas.toDataURL("image/jpeg", 0.85).split(",")[1]!;
}

/** So many seconds of a quiet tone, as a WAV in base64. */
function tone(seconds: number): string {
  const rate = 4000;
  const samples = Math.ceil(seconds * rate);
  const bytes = new Uint8Array(44 + samples);
  const view = new DataView(bytes.buffer);
  const words = (at: number, text: string) =>
    [...text].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
  words(0, "RIFF");
  view.setUint32(4, 36 + samples, true);
  words(8, "WAVEfmt ");
  for (const [at, value] of [
    [16, 16],
    [24, rate],
    [28, rate],
    [40, samples],
  ] as const)
    view.setUint32(at, value, true);
  for (const [at, value] of [
    [20, 1],
    [22, 1],
    [32, 1],
    [34, 8],
  ] as const)
    view.setUint16(at, value, true);
  words(36, "data");
  for (let at = 0; at < samples; at += 1)
    bytes[44 + at] = 128 + 12 * Math.sin((at / rate) * 2 * Math.PI * 220);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

const photo = (
  id: string,
  description: string,
  place: AttachmentView["place"],
  tall = false,
): AttachmentView => ({
  id,
  kind: "photo",
  description,
  width: tall ? 1200 : 1600,
  height: tall ? 1600 : 1200,
  seconds: null,
  bytes: 1_234_567,
  place,
});

const sound = (
  id: string,
  description: string,
  seconds: number,
  place: AttachmentView["place"],
): AttachmentView => ({
  id,
  kind: "sound",
  description,
  width: null,
  height: null,
  seconds,
  bytes: seconds * 4_000,
  place,
});

/** Some in each state. */
export function attachedTo(language: Language): AttachmentView[] {
  const nl = language === "nl";
  return [
    photo("photo-1", nl ? "Mist boven het kanaal, bij de brug" : "Mist over the canal, at the bridge", {
      kind: "here",
    }),
    photo("photo-2", "", { kind: "noRoom", megabytes: 4294 }, true),
    photo("photo-3", nl ? "De brug, later die ochtend" : "The bridge, later that morning", {
      kind: "server",
    }),
    photo("photo-4", "", { kind: "coming", from: nl ? "telefoon van Sam" : "Sam’s phone" }),
    photo("photo-5", nl ? "Natte schoenen op de mat" : "Wet shoes on the mat", { kind: "lost" }),
    sound("sound-1", nl ? "Wat ik onderweg bedacht" : "What I thought of on the way", 72, { kind: "here" }),
    sound("sound-2", "", 8, { kind: "coming", from: null }),
  ];
}

/** Photos and recordings of entries, in memory. */
export class FakeAttachments {
  /** What the system's dialog gives the next time: null for nothing. */
  chosen: { name: string; refused?: UiError }[] | null = [{ name: "IMG_0001.jpg" }];
  /** Whether something may be recorded here. */
  mayRecord = true;
  /** What was said and neither kept nor thrown away. */
  pieces: PieceForm[] = [];
  /** A recording that is there from before. */
  waiting: RecordingView | null = null;
  #removed = new Map<string, { view: AttachmentView; at: number }>();
  #behind: Behind;

  constructor(behind: Behind) {
    this.#behind = behind;
  }

  #attach(
    entry: string | null,
    kind: AttachmentKind,
    files: { name: string; refused?: UiError }[],
    seconds = 12,
  ): AttachedView {
    this.#behind.mustWrite();
    const added = files
      .filter(({ refused }) => !refused)
      .map(() => {
        const id = this.#behind.newId();
        return kind === "photo" ? photo(id, "", { kind: "here" }) : sound(id, "", seconds, { kind: "here" });
      });
    const refused = files.flatMap(({ name, refused }) => (refused ? [{ name, error: refused }] : []));
    if (entry === null && added.length === 0) return { entry: "none", added, refused };
    const to = entry === null ? this.#behind.begin() : this.#behind.entry(entry);
    to.attachments.push(...added);
    return { entry: to.id, added, refused };
  }

  get recording(): RecordingView | null {
    const last = this.pieces.at(-1);
    if (!last) return this.waiting;
    const { recording: id, entry, saidMs } = last;
    return {
      id,
      entry,
      begunAt: this.#behind.now(),
      zone: "Europe/Amsterdam",
      seconds: Math.ceil(saidMs / 1_000),
    };
  }

  #forget() {
    this.pieces = [];
    this.waiting = null;
  }

  #of({ entry, id }: Input): { entry: FakeEntry; at: number; view: AttachmentView } {
    const found = this.#behind.entry(entry as string);
    const at = found.attachments.findIndex((each) => each.id === id);
    if (at < 0) throw { code: "notFound" } satisfies UiError;
    return { entry: found, at, view: found.attachments[at]! };
  }

  readonly handlers: Record<string, (input: Input) => unknown> = {
    attachChoose: ({ entry, kind }) =>
      this.chosen && this.#attach(entry as string | null, kind as AttachmentKind, this.chosen),
    attachBytes: ({ entry, bytes }) => {
      const isPhoto = (bytes as string).startsWith("/9j/");
      const error: UiError = { code: "attachment", why: { kind: "kind", name: "GIF" } };
      return this.#attach(entry as string | null, "photo", [
        isPhoto ? { name: "" } : { name: "", refused: error },
      ]);
    },
    attachmentPreview: ({ id }) => draw(320, 240, Number(/\d+$/.exec(id as string)?.[0] ?? 0)),
    attachmentOriginal: ({ id }) => {
      if ((id as string).startsWith("sound")) return tone(8);
      const which = Number(/\d+$/.exec(id as string)?.[0] ?? 0);
      return which === 2 ? draw(1200, 1600, which) : draw(1600, 1200, which);
    },
    attachmentDescribe: (input) => {
      const { entry, at, view } = this.#of(input);
      entry.attachments[at] = { ...view, description: input.text as string };
      return null;
    },
    attachmentMove: (input) => {
      const { entry, at, view } = this.#of(input);
      entry.attachments.splice(at, 1);
      entry.attachments.splice(input.to as number, 0, view);
      return null;
    },
    attachmentRemove: (input) => {
      const { entry, at, view } = this.#of(input);
      entry.attachments.splice(at, 1);
      this.#removed.set(view.id, { view, at });
      return null;
    },
    attachmentUndoRemove: ({ entry, id }) => {
      const removed = this.#removed.get(id as string);
      if (!removed) throw { code: "notFound" } satisfies UiError;
      this.#removed.delete(id as string);
      this.#behind.entry(entry as string).attachments.splice(removed.at, 0, removed.view);
      return null;
    },
    largestAttachments: (): LargestView => {
      const rows = this.#behind
        .entries()
        .flatMap(({ entry: { id, writtenAt, attachments }, title, zone }) =>
          attachments.map((attachment) => ({ attachment, entry: id, title, writtenAt, zone })),
        );
      rows.sort((one, other) => other.attachment.bytes - one.attachment.bytes);
      const bytes = rows.reduce((sum, { attachment }) => sum + attachment.bytes, 0);
      return { rows, count: rows.length, bytes };
    },
    mayRecord: () => this.mayRecord,
    beginListening: () => null,
    recordingBegin: () => {
      this.#behind.mustWrite();
      if (this.recording) throw { code: "notNow" } satisfies UiError;
      return {
        id: this.#behind.newId().replace("photo", "recording"),
        bitsPerSecond: 32_000,
        channels: 1,
        pieceSeconds: 5,
        mostSeconds: 3_600,
        toldBeforeSeconds: 300,
      };
    },
    recordingPiece: ({ piece }) => {
      this.#behind.mustWrite();
      const came = piece as PieceForm;
      const next = this.pieces.length;
      if (came.number !== next && came.number !== next - 1) throw { code: "notFound" } satisfies UiError;
      this.pieces[came.number] = came;
      return null;
    },
    recording: () => this.recording,
    recordingKeep: ({ id, entry }) => {
      const recording = this.recording;
      if (recording?.id !== id) throw { code: "notFound" } satisfies UiError;
      const to = (entry ?? recording?.entry ?? null) as string | null;
      const kept = this.#attach(to, "sound", [{ name: "" }], recording!.seconds);
      this.#forget();
      return kept;
    },
    recordingThrowAway: () => {
      this.#forget();
      return null;
    },
    recordingSaveAs: () => "/home/sam/Documenten/opname.webm",
    attachmentSaveAs: ({ id }) =>
      `/home/sam/Documenten/${(id as string).startsWith("sound") ? "opname.ogg" : "foto.jpg"}`,
  };
}
