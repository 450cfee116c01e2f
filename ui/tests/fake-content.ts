import dataMap from "../../crates/vault/data_map.json";
import help from "../../crates/domain/content/help.json";
import statementEn from "../../crates/protocol/content/statement-1.en.md?raw";
import statementNl from "../../crates/protocol/content/statement-1.nl.md?raw";
import type { CountView, DataMapRow, HelpView, Language, PurposeView, StatementView } from "$lib/bindings";

type Both = Record<Language, string>;

export const seals = {
  locked: { nl: "Op slot", en: "Locked" },
  notYet: { nl: "Nog niets bewaard", en: "Nothing kept yet" },
  onlyHere: { nl: "Alleen op dit apparaat", en: "Only on this device" },
  paused: { nl: "Door jou gepauzeerd", en: "Paused by you" },
} satisfies Record<string, Both>;

const purpose: Record<"title" | "text" | "data" | "recipients" | "retention", Both> = {
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
};

export function purposes(language: Language, given: boolean, since: string | null): PurposeView[] {
  const at = (key: keyof typeof purpose) => purpose[key][language];
  return [
    {
      id: "keep_on_device",
      version: 1,
      title: at("title"),
      text: at("text"),
      data: at("data"),
      recipients: at("recipients"),
      retention: at("retention"),
      given,
      since,
    },
  ];
}

export const statement = (language: Language): StatementView => ({
  version: "1",
  date: "2026-11-23",
  markdown: language === "nl" ? statementNl : statementEn,
});

export const helpLines = (language: Language): HelpView => ({
  lines: help.map((line) => ({
    kind: line.kind as "emergency" | "crisis" | "doctor",
    name: line.name[language],
    number: line.number,
    note: line.note[language],
  })),
});

const ground: Both = {
  nl: "Je eigen keuze, op je eigen apparaat",
  en: "Your own choice, on your own device",
};
const nobody: Both = { nl: "Niemand", en: "Nobody" };

export const dataMapRows = (language: Language): DataMapRow[] =>
  dataMap.flatMap((store) =>
    Object.entries<Both>(store.fields as object as Record<string, Both>).map(([field, what]) => ({
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
