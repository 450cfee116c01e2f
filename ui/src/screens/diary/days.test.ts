import { describe, expect, it } from "vitest";
import { addDays, addMonths, weekday, weeksOf } from "./days";

describe("days of the calendar", () => {
  it("go over the ends of months, years and leap days", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
    expect(addMonths("2026-01-31", 1)).toBe("2026-02-28");
    expect(addMonths("2028-02-29", -12)).toBe("2027-02-28");
    expect(weekday("2026-11-23")).toBe(0);
  });

  it("lie in weeks that begin on Monday", () => {
    const weeks = weeksOf("2026-11");
    expect(weeks[0]).toEqual([null, null, null, null, null, null, "2026-11-01"]);
    expect(weeks.flat().filter(Boolean)).toHaveLength(30);
    expect(weeks.every((week) => week.length === 7)).toBe(true);
    expect(weeksOf("2027-02")).toHaveLength(4);
  });
});
