// Looks at a screen in both themes and both sizes: axe, nothing wider than the window, and a picture for people.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const axe = readFileSync(new URL("../../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
const sizes = { phone: [390, 844], desktop: [1180, 820] };
const themes = ["light", "dark"];
const everything = { rules: { "target-size": { enabled: true } } };
/** All that another theme can change. */
const colours = { runOnly: ["color-contrast", "link-in-text-block"] };

/** Collects what it finds, so that one walk tells everything. */
export class Inspection {
  seen = 0;
  #findings = [];

  constructor(app, language) {
    Object.assign(this, { app, language });
  }

  async look(name) {
    this.seen += 1;
    for (const [size, [width, height]] of Object.entries(sizes)) {
      await this.#fit(width, height);
      for (const theme of themes) {
        await this.#dress({ theme });
        await this.#axe(`${name}, ${size}, ${theme}`, theme === "light" ? everything : colours);
        if ((size === "phone") === (theme === "light"))
          await this.app.picture(`screens/${this.language}/${name}-${size}-${theme}.png`);
      }
    }
    await this.#dress({ theme: "light" });
    await this.#fit(360, 740);
    await this.#width(`${name} at 360 px`);
    await this.#fit(390, 844);
    await this.#dress({ textSize: 200 });
    await this.#width(`${name} at 200 % text`);
    await this.app.picture(`screens/${this.language}/${name}-large-text.png`);
    await this.#dress({ textSize: 100 });
    await this.app.resize(...sizes.desktop);
  }

  /** A window of a fixed size, such as a question. */
  async lookAsIs(name) {
    this.seen += 1;
    for (const theme of themes) {
      await this.#dress({ theme });
      await this.#axe(`${name}, ${theme}`, everything);
      await this.app.picture(`screens/${this.language}/${name}-${theme}.png`);
    }
  }

  tell() {
    assert.deepEqual(this.#findings, []);
  }

  async #fit(width, height) {
    await this.app.resize(width, height);
    await this.app.waitFor(
      () => this.app.run("return innerWidth === arguments[0]", width),
      `a window of ${width} px`,
    );
  }

  /** As the settings do it. Where no settings can be reached, this is the only way. */
  async #dress({ theme, textSize }) {
    await this.app.run(
      `const [theme, textSize] = arguments;
       if (theme) document.documentElement.dataset.theme = theme;
       if (textSize) document.documentElement.style.fontSize = textSize === 100 ? "" : textSize + "%";`,
      theme ?? null,
      textSize ?? null,
    );
  }

  async #width(what) {
    const [page, window, widest] = await this.app.run(`
      const beyond = [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > innerWidth + 1);
      return [document.documentElement.scrollWidth, innerWidth, beyond.map((each) => each.outerHTML.slice(0, 120))[0] ?? null];`);
    if (page > window) this.#findings.push(`${what}: ${page} px wide in ${window} px: ${widest}`);
  }

  async #axe(what, options) {
    if (!(await this.app.run("return typeof axe === 'object'"))) await this.app.run(axe);
    const violations = await this.app.driver.executeAsyncScript(
      `
      const [options, done] = arguments;
      // Colours are judged where they come to rest.
      document.getAnimations().forEach((each) => { try { each.finish(); } catch {} });
      const look = (where, more) => axe.run(where, { ...options, ...more, resultTypes: ["violations"] });
      // What lies under the bar at the bottom of a phone is judged where a person scrolls it to.
      const stillSmall = async ({ target }) => {
        const element = document.querySelector(target[0]);
        element?.scrollIntoView({ block: "center" });
        const { violations } = await look(element, { runOnly: ["target-size"] });
        return violations.length > 0;
      };
      const judged = async ({ violations }) => {
        for (const violation of violations.filter(({ id }) => id === "target-size")) {
          const small = [];
          for (const node of violation.nodes) if (await stillSmall(node)) small.push(node);
          violation.nodes = small;
        }
        scrollTo(0, 0);
        return { violations: violations.filter(({ nodes }) => nodes.length > 0) };
      };
      look(document).then(judged).then(
        ({ violations }) => done(violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map(({ html, any }) => [html.slice(0, 160), any[0]?.message]) }))),
        (error) => done([{ id: String(error), impact: "critical", nodes: [] }]));`,
      options,
    );
    for (const { id, impact, nodes } of violations)
      if (["serious", "critical"].includes(impact))
        this.#findings.push(`${what}: ${id} (${impact}) ${nodes.flat().join(" | ")}`);
  }
}
