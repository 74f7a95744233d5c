import { expect, test } from "vitest";
import { scheduleChoice, scheduleChoices, scheduleSeconds } from "./check-schedule";

test.each([null, 3_600, 21_600, 86_400, 604_800, 900])(
  "an interval of %s survives the form",
  (every) => {
    const choice = scheduleChoice(every);
    expect(scheduleSeconds(choice)).toBe(every);
    expect(scheduleChoices(every).map(([value]) => value)).toContain(choice);
  },
);

test("an interval set through the API is shown", () => {
  expect(scheduleChoices(5_400).at(-1)).toEqual(["5400", "Every 90 minutes"]);
  expect(scheduleChoices(86_400)).toHaveLength(5);
});
