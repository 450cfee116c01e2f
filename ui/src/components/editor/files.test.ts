import { expect, it } from "vitest";
import { filesIn } from "./files";

const pasted = (files: File[], text = "") => ({ files, getData: () => text }) as unknown as DataTransfer;

it("takes files where there are no words, and the words where there are both", () => {
  const file = new File(["x"], "image.png");
  expect(filesIn(pasted([file]))).toEqual([file]);
  expect(filesIn(pasted([file], "A paragraph from a word processor"))).toEqual([]);
  expect(filesIn(null)).toEqual([]);
});
