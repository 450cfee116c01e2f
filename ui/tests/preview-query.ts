import type { Language, PairState, Stage, SyncState, Theme, UiError } from "$lib/bindings";
import { FakeCore, type FakeOptions } from "./fake-core";
import type { FakeFile } from "./fake-import";
import { fakePairDigits } from "./fake-pairing";

/*
 * The app on the fake core, in a plain browser. In the query:
 * lang nl|en, theme light|dark, contrast more, text 100..200, stage open|locked|firstRun:<step>|broken:<code>,
 * go <screen>, run <id>, result <id>, entry <id>, fresh 1, empty 1, consent 0, news 1, onHold 1, version <statement>, rehearsed 0, shared 1, paused 0, history 1, page <instrument>, wait <seconds>,
 * notHere 1 (photos and recordings are on the server alone), attached 1, recorded 1, phone 1, offline 1, many <entries>, codeCheck 1, quick 1, keychain 0, backupFailed 1, aside 1, deletedUntil <day>, elsewhere reachable|away,
 * account joined,seatEnded,offline,signedOut,needsNewPassphrase,builtIn,noRoom,leftOver (page <of the account>), receipt waiting|confirmed, invitation <trouble>,
 * terms known|unknown (a later version is asked about), pair compare|agreed|passphrase|arriving|done|<why it ended> (what a pairing comes to),
 * file regie|dayOne|notes|locked|lockedToKey|refused|there|foreign, lately 1, hold <percent>.
 */
export const query = new URLSearchParams(location.search);

function stage(): Stage {
  const [kind, detail] = (query.get("stage") ?? "open").split(":");
  if (kind === "locked") return { kind, waitSeconds: Number(query.get("wait") ?? 0) };
  if (kind === "choose") return { kind };
  if (kind === "firstRun") return { kind, step: (detail ?? "welcome") as "welcome" };
  if (kind === "broken") return { kind, error: { code: detail ?? "internal" } as UiError };
  return { kind: "open" };
}

function pairing(wanted: string): PairState {
  if (wanted === "compare") return { step: wanted, digits: fakePairDigits };
  if (wanted === "agreed" || wanted === "passphrase" || wanted === "arriving" || wanted === "done")
    return { step: wanted };
  return { step: "ended", why: wanted as "expired" };
}

export function fakeFromQuery(): FakeCore {
  const options: FakeOptions = {
    language: (query.get("lang") ?? "nl") as Language,
    appearance: {
      theme: (query.get("theme") ?? "light") as Theme,
      contrast: query.get("contrast") === "more" ? "more" : "system",
      textSize: Number(query.get("text") ?? 100),
    },
    stage: stage(),
    empty: query.get("empty") === "1",
    pausedRun: query.get("paused") !== "0",
    shared: query.get("shared") === "1",
    history: query.get("history") === "1",
    news: query.get("news") === "1",
    onHold: query.get("onHold") === "1",
    attached: query.get("attached") === "1",
    recorded: query.get("recorded") === "1",
    phone: query.get("phone") === "1",
  };
  if (query.has("many")) options.many = Number(query.get("many"));
  options.keys = {
    codeCheckDue: query.get("codeCheck") === "1",
    quick: query.get("quick") === "1",
    keychain: query.get("keychain") !== "0",
    backupFailed: query.get("backupFailed") === "1",
    aside: query.get("aside") === "1",
  };
  if (query.has("deletedUntil")) options.keys.deletedUntil = query.get("deletedUntil")!;
  if (query.has("elsewhere")) options.keys.elsewhere = query.get("elsewhere") as "reachable" | "away";
  options.along = { lately: query.get("lately") === "1" };
  if (query.has("file")) options.along.file = query.get("file") as FakeFile;
  if (query.get("notHere") === "1")
    options.along.notHere = { photos: 41, sounds: 3, bytes: 55_600_000, outOfReach: 2 };
  if (query.get("offline") === "1") options.along.noNetwork = true;
  if (query.has("hold")) options.along.holdAt = Number(query.get("hold"));
  const account = (query.get("account") ?? "").split(",").filter(Boolean);
  options.account = Object.fromEntries(account.map((each) => [each, true]));
  if (query.has("receipt")) options.account.receipt = query.get("receipt") as "waiting" | "confirmed";
  if (query.has("invitation")) options.account.invitation = query.get("invitation") as "invitationUsed";
  const syncing: Record<string, SyncState> = {
    waiting: { kind: "waiting", online: false },
    first: { kind: "first", done: 12_400, of: 100_000 },
    stopped: { kind: "stopped", alarm: { kind: "olderState", missing: 10 } },
    fork: { kind: "stopped", alarm: { kind: "fork" } },
    "other-epochs": { kind: "stopped", alarm: { kind: "otherEpochs" } },
    restarted: {
      kind: "asking",
      question: { kind: "anotherHistory", onlyThere: 4, onlyHere: 3, differing: 1, restarted: true },
    },
    upToDate: { kind: "upToDate" },
    asking: { kind: "asking", question: { kind: "manyDeletions", deletions: 140, of: 600 } },
  };
  const sync = query.get("sync");
  if (sync) options.account.sync = syncing[sync];
  if (sync === "told") {
    options.account.synced = [
      { kind: "newDevice" },
      { kind: "took", new: 412, changed: 96, deleted: 31, merged: 2, kept: 0 },
    ];
  }
  options.fromElsewhere = {
    came: (query.get("came") ?? "").split(",").filter(Boolean),
    merged: (query.get("merged") ?? "").split(",").filter(Boolean),
    asked: query.get("asked") === "1",
  };
  if (query.has("terms")) options.account.termsAsked = query.get("terms") as "known" | "unknown";
  if (query.has("pair")) options.account.pairing = pairing(query.get("pair")!);
  if (query.has("rehearsed")) options.rehearsed = query.get("rehearsed") === "1";
  if (query.get("offline") === "1")
    options.failing = { attachmentOriginal: { code: "account", why: { kind: "offline" } } };
  if (query.has("consent")) options.consent = query.get("consent") === "1";
  return new FakeCore(options).install();
}
