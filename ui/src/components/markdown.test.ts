import { render } from "@testing-library/svelte";
import { expect, it } from "vitest";
import Markdown from "./Markdown.svelte";

it("makes nothing live out of hostile text", () => {
  const markdown = [
    "<img src=x onerror=alert(1)> <script>alert(1)</script>",
    "[press me](javascript:alert(1)) ![see](https://example.org/a.png)",
    "<https://example.org>",
    '<a href="https://example.org">link</a>',
  ].join("\n\n");
  const { container } = render(Markdown, { markdown });
  expect(container.querySelectorAll("a, img, script, iframe, [onerror], [href], [src]")).toHaveLength(0);
  expect(container.textContent).toContain("press me\u00a0(javascript:alert(1))");
  expect(container.textContent).toContain("<script>");
});

it("shows headings, lists and stress", () => {
  const { container } = render(Markdown, { markdown: "## One\n\n- **a**\n- *b*\n" });
  expect(container.querySelector("h2")?.textContent).toBe("One");
  expect([...container.querySelectorAll("li")].map((li) => li.textContent?.trim())).toEqual(["a", "b"]);
  expect(container.querySelector("strong")?.textContent).toBe("a");
});
