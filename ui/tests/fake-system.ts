import type {
  GuidePageView,
  Language,
  PeopleView,
  Schedule,
  StartView,
  SystemView,
  UiError,
} from "$lib/bindings";

type Input = Record<string, unknown>;

/** Sam alone, or with somebody. */
export const peopleHere = (shared: boolean, chosen: boolean): PeopleView => ({
  people: shared
    ? [
        { id: "sam", name: "Sam", initials: "S" },
        { id: "noor", name: "Noor de Vries", initials: "NV" },
      ]
    : [],
  chosen: shared && chosen ? "sam" : null,
  mayAdd: true,
});

/** What the fake core lends: where it stands, and how to change it. */
type Lent = {
  language: () => Language;
  start: () => StartView;
  to: (stage: StartView["stage"]) => StartView;
};

/** Reminders, the computer, the people who share it, help pages and report. */
export function systemHandlers(lent: Lent, people: PeopleView) {
  let schedule: Schedule = {
    rhythms: {
      check: { on: false, days: [false, false, false, false, false, true, false], minute: 600 },
      pulse: { on: false, days: [false, false, false, false, true, false, false], minute: 960 },
      diary: { on: false, days: [true, true, true, true, true, true, true], minute: 1230 },
    },
    quiet: { on: true, from: 1320, to: 420 },
  };
  const system: SystemView = { reminders: true, tray: false, atLogin: false, lockAtSleep: true };
  const initials = (name: string) => name.slice(0, 1).toUpperCase();
  const named = (typed: unknown): string => {
    const name = String(typed ?? "").trim();
    if (name === "") throw { code: "badName" } satisfies UiError;
    if (people.people.some((person) => person.name === name)) throw { code: "nameTaken" } satisfies UiError;
    return name;
  };
  let here = true;
  const reminders = () => {
    const some = Object.values(schedule.rhythms).some(({ on }) => on);
    return { schedule, next: some && here ? "2026-11-28T20:30:00+01:00" : null, here };
  };
  const change = (part: Partial<SystemView>) => Object.assign(system, part);

  return {
    reminders,
    saveReminders: (input: Input) => {
      schedule = input.schedule as Schedule;
      return reminders();
    },
    remindHere: ({ on }: Input) => {
      here = on as boolean;
      return reminders();
    },
    system: () => system,
    setTray: ({ on }: Input) => change({ tray: on as boolean }),
    setAtLogin: ({ on }: Input) => change({ atLogin: on as boolean }),
    setLockAtSleep: ({ on }: Input) => change({ lockAtSleep: on as boolean }),

    people: () => people,
    choosePerson: ({ id }: Input) => {
      people.chosen = id as string;
      return lent.to({ kind: "locked", waitSeconds: 0 });
    },
    leavePerson: () => {
      people.chosen = null;
      return lent.to({ kind: "choose" });
    },
    addPerson: ({ ownName, otherName }: Input) => {
      const add = (typed: unknown) => {
        const name = named(typed);
        people.people.push({ id: name.toLowerCase(), name, initials: initials(name) });
      };
      const alone = people.people.length === 0;
      if (alone) named(ownName);
      named(otherName);
      if (alone) {
        add(ownName);
        people.chosen = people.people[0]!.id;
      }
      add(otherName);
      return people;
    },
    renamePerson: ({ name }: Input) => {
      const me = people.people.find(({ id }) => id === people.chosen);
      if (me && me.name !== name) {
        me.name = named(name);
        me.initials = initials(me.name);
      }
      return people;
    },
    removePerson: () => {
      people.people = people.people.filter(({ id }) => id !== people.chosen);
      people.chosen = null;
      return lent.to({ kind: "choose" });
    },

    guide: ({ query }: Input) => {
      const wanted = String(query).trim().toLowerCase();
      const fits = ({ title, markdown }: GuidePageView) =>
        `${title} ${markdown}`.toLowerCase().includes(wanted);
      return { pages: guide[lent.language()].filter(fits) };
    },
    report: () => ({ text: report[lent.language()] }),
    saveReport: () => "/home/sam/Documenten/Regie verslag.txt",
  };
}

/** As the core has them: its own files are the one source. */
const files = import.meta.glob<string>("../../crates/domain/content/guide/*.md", {
  query: "?raw",
  import: "default",
  eager: true,
});
const order = [
  "writing",
  "check",
  "lock",
  "recovery",
  "backups",
  "take-along",
  "bring-in",
  "people",
  "account",
  "reminders",
  "keyboard",
  "purpose",
];
const pagesIn = (language: Language): GuidePageView[] =>
  order.map((id) => {
    const [first = "", ...rest] = (
      files[`../../crates/domain/content/guide/${id}.${language}.md`] ?? ""
    ).split("\n");
    return { id, title: first.replace(/^# /, ""), markdown: rest.join("\n").trim() };
  });
const guide = { nl: pagesIn("nl"), en: pagesIn("en") };

const report = {
  nl: `Regie: 0.1.0
Datum: 2026-11-23
Systeem: linux x86_64
Bureaublad: GNOME wayland
Webweergave: 2.48.3
Toestand: open
Taal: nl
Thema, contrast, tekstgrootte: system, system, 100%
Pictogram bij de klok: uit
Start bij aanmelden: uit
Herinneringen: uit
Meer mensen op deze computer: uit
Opbouw van de kluis: 2
Grootte van de kluis: ≤ 2 MiB
Dagboekstukken, checks: 10–99, 1–9
Vanzelf op slot na minuten: 5
Bewaren op dit apparaat: aan
Fouten sinds de start: geen
`,
  en: `Regie: 0.1.0
Date: 2026-11-23
System: linux x86_64
Desktop: GNOME wayland
Web view: 2.48.3
State: open
Language: en
Theme, contrast, text size: system, system, 100%
Icon beside the clock: off
Starts at login: off
Reminders: off
Several people on this computer: off
Schema of the vault: 2
Size of the vault: ≤ 2 MiB
Diary entries, checks: 10–99, 1–9
Locks by itself after minutes: 5
Keeping on this device: on
Errors since the start: none
`,
};
