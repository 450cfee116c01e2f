import { afterEach, describe, expect, it, vi } from "vitest";
import { followLanguage } from "./locale";
import { sayDate, sayDay, sayMoment, sayMonth, sayTime } from "./dates";

const now = new Date("2026-11-23T21:30:00+01:00");
const zone = "Europe/Amsterdam";

describe("dates as people say them", () => {
  it("names near days, then dates", () => {
    followLanguage(() => "nl");
    expect(sayMoment("2026-11-23T21:14:00+01:00", zone, now)).toBe("vandaag, 21:14");
    expect(sayMoment("2026-11-22T09:05:00+01:00", zone, now)).toBe("gisteren, 09:05");
    expect(sayDay("2026-11-21T09:05:00+01:00", zone, now)).toBe("zaterdag");
    expect(sayDay("2026-10-30T09:05:00+01:00", zone, now)).toBe("vrijdag 30 oktober");
    expect(sayDay("2024-05-03T09:05:00+02:00", zone, now)).toBe("3 mei 2024");
    expect(sayMonth("2026-11-21T09:05:00+01:00", zone)).toBe("november 2026");
    followLanguage(() => "en");
    expect(sayDay("2026-11-22T09:05:00+01:00", zone, now)).toBe("yesterday");
  });

  it("keeps the clock of the place where it was written", () => {
    followLanguage(() => "en");
    expect(sayMoment("2026-11-23T08:00:00-05:00", "America/New_York", now)).toBe("today, 08:00");
    expect(sayMoment("2026-11-23T08:00:00-05:00", "Not/AZone", now)).toBe("today, 08:00");
    expect(sayMoment("2026-11-23T08:00:00Z", "", now)).toBe("today, 08:00");
  });

  it("counts days by the calendar, over a change of the clock too", () => {
    followLanguage(() => "en");
    const after = new Date("2026-10-26T00:30:00+01:00");
    expect(sayDay("2026-10-25T00:30:00+02:00", zone, after)).toBe("yesterday");
  });
});

describe("dates for a reader in New York", () => {
  afterEach(() => vi.unstubAllEnvs());

  it("are those of the place where it happened, and a day without a time is that day", () => {
    vi.stubEnv("TZ", "America/New_York");
    expect(new Date("2026-11-23T00:00:00Z").getDate()).toBe(22);
    followLanguage(() => "en");
    const night = "2026-11-23T00:30:00+01:00";
    expect(`${sayDate(night, "")}, ${sayTime(night, "")}`).toBe("23 November 2026, 00:30");
    expect(`${sayDate(night, zone)}, ${sayTime(night, zone)}`).toBe("23 November 2026, 00:30");
    expect(sayDate(night)).toBe("22 November 2026");
    expect(sayDate("2026-12-23")).toBe("23 December 2026");
    expect(sayDay("2026-11-22", undefined, new Date("2026-11-23T01:30:00Z"))).toBe("today");
  });
});
