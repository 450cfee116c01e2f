import dataMap from "../../crates/vault/data_map.json";
import help from "../../crates/domain/content/help.json";
import firstEn from "../../crates/protocol/content/statement-1.en.md?raw";
import firstNl from "../../crates/protocol/content/statement-1.nl.md?raw";
import secondEn from "../../crates/protocol/content/statement-2.en.md?raw";
import secondNl from "../../crates/protocol/content/statement-2.nl.md?raw";
import thirdEn from "../../crates/protocol/content/statement-3.en.md?raw";
import thirdNl from "../../crates/protocol/content/statement-3.nl.md?raw";
import termsEn from "../../crates/protocol/content/terms-1.en.md?raw";
import termsNl from "../../crates/protocol/content/terms-1.nl.md?raw";
import type {
  BlockView,
  CountView,
  DataMapRow,
  HelpView,
  Language,
  PurposeView,
  StatementView,
  TermsChangesView,
  TermsView,
  Topic,
} from "$lib/bindings";

type Both = Record<Language, string>;

export const seals = {
  locked: { nl: "Op slot", en: "Locked" },
  notYet: { nl: "Nog niets bewaard", en: "Nothing kept yet" },
  onlyHere: { nl: "Alleen op dit apparaat", en: "Only on this device" },
  paused: { nl: "Door jou gepauzeerd", en: "Paused by you" },
  copied: { nl: "Versleutelde kopie is bij", en: "Encrypted copy up to date" },
  copyBehind: { nl: "Versleutelde kopie loopt achter", en: "Encrypted copy is behind" },
  fetching: { nl: "Wordt opgehaald", en: "Being fetched" },
  asking: { nl: "Synchroniseren vraagt iets", en: "Syncing has a question" },
  stopped: { nl: "Synchroniseren is gestopt", en: "Syncing has stopped" },
} satisfies Record<string, Both>;

type Told = "title" | "text" | "data" | "recipients" | "retention";

const all: Record<string, Record<Told, Both>> = {
  keep_on_device: {
    title: {
      nl: "Mijn checks en dagboek bewaren op dit apparaat",
      en: "Keep my checks and diary on this device",
    },
    text: {
      nl: "Nodig om ze bij te houden. Versleuteld; alleen jij hebt de sleutel.",
      en: "Needed to keep track of them. Encrypted; only you hold the key.",
    },
    data: {
      nl: "Je antwoorden, je notities erbij en wat je in je dagboek schrijft.",
      en: "Your answers, your notes on them, and what you write in your diary.",
    },
    recipients: { nl: "Niemand.", en: "Nobody." },
    retention: { nl: "Tot je het zelf verwijdert.", en: "Until you delete it yourself." },
  },
  look_back: {
    title: { nl: "Laten zien wat ik op deze dag schreef", en: "Show what I wrote on this day" },
    text: {
      nl: "Bij Vandaag en in de kalender, uit eerdere jaren. Regie kijkt alleen naar de datum, op dit apparaat.",
      en: "On Today and in the calendar, from earlier years. Regie looks only at the date, on this device.",
    },
    data: {
      nl: "Titel en begin van wat je in je dagboek schreef, en de dag waarop.",
      en: "Title and beginning of what you wrote in your diary, and the day on which you did.",
    },
    recipients: { nl: "Niemand anders dan jij.", en: "Nobody but you." },
    retention: { nl: "Er wordt niets extra bewaard.", en: "Nothing more is kept for it." },
  },
};

const ground: Both = {
  nl: "Je eigen keuze, op je eigen apparaat",
  en: "Your own choice, on your own device",
};

/** As nobody has chosen yet. */
export const purposes = (language: Language): PurposeView[] =>
  Object.entries(all).map(([id, told]) => ({
    id,
    version: 1,
    title: told.title[language],
    text: told.text[language],
    data: told.data[language],
    recipients: told.recipients[language],
    retention: told.retention[language],
    ground: ground[language],
    given: false,
    since: null,
    renew: false,
  }));

const copyGround: Both = { nl: "Jouw toestemming", en: "Your consent" };
const copy: Record<Told, Both> = {
  title: { nl: "Een versleutelde kopie op de server", en: "An encrypted copy on the server" },
  text: {
    nl: "Zo staat wat je schrijft straks op al je apparaten. De server kan het niet lezen. Neem je dit terug, dan wordt de kopie daar gewist; je kluis blijft.",
    en: "So that what you write can be on all your devices. The server cannot read it. If you take this back, the copy there is erased; your vault stays.",
  },
  data: {
    nl: "Je dagboek, je checks, je notities en je keuzes, versleuteld voordat ze dit apparaat verlaten. De server ziet hoe groot de pakketjes zijn en wanneer ze komen.",
    en: "Your diary, your checks, your notes and your choices, encrypted before they leave this device. The server sees how large the parcels are and when they come.",
  },
  recipients: {
    nl: "De server waarbij je je aansloot, die het niet kan openen. Verder niemand.",
    en: "The server that you joined, which cannot open it. Nobody else.",
  },
  retention: {
    nl: "Tot je dit terugneemt of je account verwijdert. In reservekopieën van de server nog tot de laatste daarvan weggaat.",
    en: "Until you take this back or delete your account. In backups of the server until the last of those goes.",
  },
};

/** What joining asks about, apart from the terms. */
export const copyPurpose = (language: Language): PurposeView => ({
  id: "copy_on_server",
  version: 1,
  title: copy.title[language],
  text: copy.text[language],
  data: copy.data[language],
  recipients: copy.recipients[language],
  retention: copy.retention[language],
  ground: copyGround[language],
  given: false,
  since: null,
  renew: false,
});

export const terms = (language: Language): TermsView => ({
  version: 1,
  date: "2026-11-28",
  markdown: { nl: termsNl, en: termsEn }[language],
});

/** A later version, made up. */
export const termsChanges = (language: Language): TermsChangesView => ({
  from: 1,
  to: 2,
  date: "2027-03-01",
  changes: [
    {
      nl: "De organisatie zegt het 60 dagen van tevoren als ze met de server stopt. Dat was 30.",
      en: "The organisation tells you 60 days before it stops the server. That was 30.",
    }[language],
  ],
  blocks: [
    {
      kind: "heading",
      change: "same",
      markdown: { nl: "## Hoe het eindigt", en: "## How it ends" }[language],
      parts: [],
    },
    {
      kind: "paragraph",
      change: "changed",
      markdown: null,
      parts: [
        {
          change: "same",
          text: { nl: "Ze zegt het dan minstens ", en: "It then tells you at least " }[language],
        },
        { change: "removed", text: "30" },
        { change: "added", text: "60" },
        { change: "same", text: { nl: " dagen van tevoren.", en: " days before." }[language] },
      ],
    },
    {
      kind: "paragraph",
      change: "same",
      markdown: {
        nl: "Wat op je apparaat staat, blijft van jou.",
        en: "What is on your device stays yours.",
      }[language],
      parts: [],
    },
  ],
});

const statements: { version: number; date: string; markdown: Both }[] = [
  { version: 3, date: "2026-11-28", markdown: { nl: thirdNl, en: thirdEn } },
  { version: 2, date: "2026-11-27", markdown: { nl: secondNl, en: secondEn } },
  { version: 1, date: "2026-11-23", markdown: { nl: firstNl, en: firstEn } },
];

export const newestStatement = statements[0]!.version;

export function statement(language: Language, wanted: number | null = null): StatementView {
  const { version, date, markdown } = statements.find(({ version }) => version === wanted) ?? statements[0]!;
  const versions = statements.map(({ version, date }) => ({ version, date }));
  return { version, date, markdown: markdown[language], versions };
}

export const statementNews: Record<Language, string[]> = {
  nl: [
    "Je kunt een stuk, een check of alles stilzetten: het blijft leesbaar en wordt nergens voor gebruikt.",
    "Antwoorden en de datum van een check kun je verbeteren.",
    "Je leest al je keuzes terug, met de tekst die er toen stond.",
  ],
  en: [
    "You can put an entry, a check or everything on hold: it stays readable and is used for nothing.",
    "You can correct the answers and the date of a check.",
    "You can read back all your choices, with the text that stood there then.",
  ],
};

export const statementDiff = {
  nl: {
    heading: "## Je rechten",
    same: "Wat je **nu** al kon, blijft.",
    changed: [
      { change: "same", text: "Wat er al stond, kun je blijven " },
      { change: "removed", text: "lezen en verwijderen." },
      { change: "added", text: "lezen, meenemen en verwijderen." },
    ],
    added: "Stilzetten: een stuk, een check, of alles. Het blijft leesbaar.",
    item: "- **Pauzeren**: trek je ja in. Er komt dan niets meer bij.",
    removed: "Meenemen: een leesbare kopie maken kan nog niet.",
  },
  en: {
    heading: "## Your rights",
    same: "What you could do **already** stays.",
    changed: [
      { change: "same", text: "What was there already you can still " },
      { change: "removed", text: "read and delete." },
      { change: "added", text: "read, take with you and delete." },
    ],
    added: "Put on hold: an entry, a check, or everything. It stays readable.",
    item: "- **Pause**: take back your yes. Then nothing more is added.",
    removed: "Take with you: a readable copy cannot be made yet.",
  },
} satisfies Record<Language, Record<string, string | BlockView["parts"]>>;

export const helpLines = (language: Language): HelpView => ({
  lines: help.map((line) => ({
    kind: line.kind as "emergency" | "crisis" | "doctor",
    name: line.name[language],
    number: line.number,
    note: line.note[language],
  })),
});

const nobody: Both = { nl: "Niemand", en: "Nobody" };

export const dataMapRows = (language: Language): DataMapRow[] =>
  dataMap.flatMap((store) =>
    Object.entries<Both>(store.fields as object as Record<string, Both>).map(([field, what]) => ({
      topic: store.topic as Topic,
      kind: store.title[language],
      field,
      what: what[language],
      purpose: store.why[language],
      ground: ground[language],
      retention: store.retention[language],
      recipients: nobody[language],
    })),
  );

export const counts = (language: Language, known: Record<string, number>): CountView[] =>
  dataMap
    .filter(({ store }) => store !== "search")
    .map((store) => ({
      kind: store.store,
      topic: store.topic as Topic,
      title: store.title[language],
      count: known[store.store] ?? (store.store.endsWith(" file") ? 1 : 3),
      why: store.why[language],
      ground: ground[language],
      deletable: ["diary_entry", "meter_run"].includes(store.store),
    }))
    .sort((one, other) => Number(other.deletable) - Number(one.deletable));

/** Days ago, time, and text; the first line is the title. */
export const diary: Record<Language, [days: number, time: string, markdown: string][]> = {
  nl: [
    [
      0,
      "08:14",
      "Eerst wandelen\n\nVanochtend lukte het om eerst te wandelen en pas daarna de laptop open te doen. Langs het kanaal stond de mist nog op het water. Ik merkte dat ik **niet** aan de vergadering dacht, pas bij de brug weer.\n\nWat hielp: de schoenen gisteravond al klaarzetten. Wat niet hielp: de telefoon mee. Morgen laat ik hem thuis.",
    ],
    [
      2,
      "10:02",
      "Op de markt\n\nTwee uur niet aan werk gedacht. De geur van koffie en natte jassen, en een praatje met de man van de kaas.",
    ],
    [
      4,
      "22:40",
      "Te laat gestopt\n\nWeer tot tien uur gemaild. Morgen zet ik de laptop om zeven uur *echt* dicht:\n\n- wekker op de telefoon\n- laptop in de tas\n- boek op de bank",
    ],
    [
      7,
      "20:15",
      "Gesprek met Noor\n\nWe spraken over wat ik wél heb afgemaakt. Dat was meer dan ik dacht: arbeidsongeschiktheidsverzekeringsvoorwaarden, de planning, en het gesprek zelf.",
    ],
    [
      24,
      "21:05",
      "Nee gezegd\n\nVoor het eerst een extra dienst geweigerd. Het voelde raar, en daarna licht.",
    ],
    [
      40,
      "07:30",
      "Slecht geslapen, toch naar buiten gegaan.\n\n> Het hoeft niet goed, het hoeft alleen gedaan.",
    ],
    [71, "12:10", "Pauze in het park"],
  ],
  en: [
    [
      0,
      "08:14",
      "Walking first\n\nThis morning I managed to walk first and only then open the laptop. Along the canal the mist was still on the water. I noticed that I was **not** thinking about the meeting until I reached the bridge.\n\nWhat helped: putting the shoes ready last night. What did not: taking the phone. Tomorrow it stays at home.",
    ],
    [
      2,
      "10:02",
      "At the market\n\nTwo hours without a thought of work. The smell of coffee and wet coats, and a chat with the man who sells cheese.",
    ],
    [
      4,
      "22:40",
      "Stopped too late\n\nStill mailing at ten. Tomorrow the laptop *really* closes at seven:\n\n- alarm on the phone\n- laptop in the bag\n- book on the sofa",
    ],
    [7, "20:15", "Talking with Noor\n\nWe talked about what I did finish. It was more than I thought."],
    [24, "21:05", "Said no\n\nTurned down an extra shift for the first time. It felt odd, and then light."],
    [40, "07:30", "Slept badly, went out anyway.\n\n> It need not be good, it only needs doing."],
    [71, "12:10", "A break in the park"],
  ],
};
