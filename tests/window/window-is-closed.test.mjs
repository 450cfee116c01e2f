import assert from "node:assert/strict";
import { createServer } from "node:http";
import { pause } from "./app.mjs";
import { hostileEntries } from "./hostile.mjs";
import { makeVault, story } from "./story.mjs";
import { clipboardHasOwner } from "./x11.mjs";

/** A server next door that counts whoever comes. */
async function listen(context) {
  let visits = 0;
  const server = createServer((_, answer) => answer.end("<p>elsewhere</p>"));
  server.on("connection", () => (visits += 1));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const { port } = server.address();
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  assert.equal(visits, 1, "the counter counts");
  return { port, visits: () => visits - 1 };
}

// Each is a way out that a page has; `there` is the address next door without its scheme.
const waysOut = {
  fetch: "await fetch('http://' + there, { mode: 'no-cors', method: 'POST', body: 'x' })",
  request: "const r = new XMLHttpRequest(); r.open('GET', 'http://' + there); r.send()",
  beacon: "navigator.sendBeacon('http://' + there, 'x')",
  socket: "new WebSocket('ws://' + there)",
  events: "new EventSource('http://' + there)",
  image: "new Image().src = 'http://' + there",
  font: "await new FontFace('x', 'url(http://' + there + ')').load()",
  module: "await import('http://' + there)",
  worker: "new Worker('http://' + there)",
  registration: "await navigator.serviceWorker.register('http://' + there)",
  script: "add('script', { src: 'http://' + there })",
  sheet: "add('link', { rel: 'stylesheet', href: 'http://' + there })",
  prefetch: "add('link', { rel: 'prefetch', href: 'http://' + there })",
  preload: "add('link', { rel: 'preload', as: 'image', href: 'http://' + there })",
  preconnect: "add('link', { rel: 'preconnect', href: 'http://' + there })",
  lookup: "add('link', { rel: 'dns-prefetch', href: 'http://' + there })",
  style: "add('style', { textContent: '@import url(http://' + there + ');' })",
  frame: "add('iframe', { src: 'http://' + there })",
  inlineFrame: "add('iframe', { srcdoc: '<img src=http://' + there + '>' })",
  object: "add('object', { data: 'http://' + there })",
  embed: "add('embed', { src: 'http://' + there })",
  video: "add('video', { src: 'http://' + there, autoplay: true })",
  background: "document.body.style.backgroundImage = 'url(http://' + there + ')'",
  form: "add('form', { action: 'http://' + there, method: 'post' }).submit()",
  ping: "add('a', { href: '#', ping: 'http://' + there }).click()",
  download: "add('a', { href: 'http://' + there, download: 'x' }).click()",
  blank: "add('a', { href: 'http://' + there, target: '_blank' }).click()",
  open: "if (window.open('http://' + there) !== null) throw new Error('opened')",
  refresh: "add('meta', { httpEquiv: 'refresh', content: '0; url=http://' + there })",
  navigation: "location.assign('http://' + there)",
  peer: "const p = new RTCPeerConnection({ iceServers: [{ urls: 'turn:' + there.split('/')[0] + '?transport=tcp', username: 'x', credential: 'x' }] }); p.createDataChannel('x'); await p.setLocalDescription(await p.createOffer())",
};

story("V11 H7 no way that a page has reaches another host", async ({ start, context }) => {
  const next = await listen(context);
  const app = await start({ language: "en" });
  await makeVault(app);
  for (const [name, attempt] of Object.entries(waysOut)) {
    const tried = await app.driver.executeAsyncScript(
      `const [there, done] = arguments;
       const add = (tag, attributes) => document.body.appendChild(Object.assign(document.createElement(tag), attributes));
       const limit = new Promise((resolve) => setTimeout(resolve, 400));
       Promise.race([limit, (async () => { ${attempt} })()]).then(() => done("done"), (error) => done(String(error)));`,
      `127.0.0.1:${next.port}/${name}`,
    );
    assert.doesNotMatch(tried, /opened/, name);
  }
  await pause(1500);
  assert.equal(next.visits(), 0);
  assert.equal(await app.run("return location.origin"), "tauri://localhost");
  assert.equal((await app.driver.getAllWindowHandles()).length, 1, "no window was opened");
  await app.run("location.href = 'https://example.org/'").catch(() => {});
  await pause(500);
  assert.equal(await app.run("return location.origin"), "tauri://localhost");
  await app.reload();
  await app.click("button", app.say("nav_diary"));
  await app.at(app.say("diary_title"));
});

story("no text becomes a program: eval, inline scripts and handlers are refused", async ({ start }) => {
  const app = await start({ language: "en" });
  const outcome = await app.driver.executeAsyncScript(`
    const done = arguments[0];
    const says = (attempt) => { try { attempt(); return "ran"; } catch (error) { return error.name; } };
    const results = {
      eval: says(() => window.eval("window.ran = 'eval'")),
      function: says(() => new Function("window.ran = 'function'")()),
    };
    says(() => setTimeout("window.ran = 'timeout'"));
    const script = document.createElement("script");
    script.textContent = "window.ran = 'script'";
    document.body.append(script);
    const place = document.createElement("div");
    place.innerHTML = "<img src=x onerror=\\"window.ran = 'handler'\\"><a href=\\"javascript:window.ran='link'\\">x</a><svg onload=\\"window.ran='svg'\\">";
    document.body.append(place);
    place.querySelector("a").click();
    const module = URL.createObjectURL(new Blob(["window.ran = 'blob'"], { type: "text/javascript" }));
    import(module).catch(() => {}).finally(() => setTimeout(() => done({ ...results, ran: window.ran ?? null }), 300));`);
  assert.deepEqual(outcome, { eval: "EvalError", function: "EvalError", ran: null });
});

story("photos and recordings are shown from the page's own bytes and from nowhere else", async ({ start, context }) => {
  const next = await listen(context);
  const app = await start({ language: "en" });
  const refused = await app.driver.executeAsyncScript(
    `const [there, done] = arguments;
     const refused = [];
     addEventListener("securitypolicyviolation", ({ effectiveDirective, blockedURI }) =>
       refused.push(effectiveDirective + " " + blockedURI.split(":")[0]));
     const own = URL.createObjectURL(new Blob(["x"]));
     for (const source of [own, "data:audio/ogg;base64,T2dnUw==", "http://" + there]) {
       const audio = new Audio();
       audio.src = source;
       audio.load();
     }
     for (const source of [own, "http://" + there]) new Image().src = source;
     // The first sound of a process waits for its player to be loaded; whatever else is refused comes with it.
     const end = Date.now() + 10_000;
     const look = () => {
       if (new Set(refused).size < 3 && Date.now() < end) setTimeout(look, 50);
       else setTimeout(() => done([...new Set(refused)].sort()), 500);
     };
     look();`,
    `127.0.0.1:${next.port}/photo`,
  );
  assert.deepEqual(refused, ["img-src http", "media-src data", "media-src http"]);
  assert.equal(next.visits(), 0);
});

story("the page may call the commands of its own window and nothing of Tauri's", async ({ start }) => {
  const app = await start({ language: "en" });
  await makeVault(app);
  const refused = [
    "ask_view",
    "ask_answer",
    "plugin:opener|open_url",
    "plugin:opener|open_path",
    "plugin:opener|reveal_item_in_dir",
    "plugin:dialog|open",
    "plugin:dialog|save",
    "plugin:dialog|message",
    "plugin:fs|read_text_file",
    "plugin:fs|write_file",
    "plugin:shell|execute",
    "plugin:shell|open",
    "plugin:http|fetch",
    "plugin:window|create",
    "plugin:window|close",
    "plugin:window|set_title",
    "plugin:webview|create_webview_window",
    "plugin:webview|create_webview",
    "plugin:webview|internal_toggle_devtools",
    "plugin:event|emit",
    "plugin:event|listen",
    "plugin:path|resolve_directory",
    "plugin:app|version",
    "plugin:menu|new",
    "plugin:tray|new",
    "plugin:image|from_path",
    "plugin:resources|close",
  ];
  for (const command of refused) {
    const answer = await app.invoke(command, {
      url: "https://example.org",
      path: "/etc/hostname",
      yes: true,
      event: "x",
    });
    assert.match(
      JSON.stringify(answer.error ?? null),
      /not allowed|not found/,
      `${command}: ${JSON.stringify(answer)}`,
    );
  }
  await app.run(
    `window.__TAURI_INTERNALS__.invoke("open_link", { url: "https://example.org/a" }).catch(() => {})`,
  );
  await app.attach("ask.html");
  await app.sees("example.org");
  for (const command of [
    "start",
    "today",
    "diary_page",
    "my_data",
    "recovery_code",
    "lock",
    "plugin:window|close",
  ]) {
    const answer = await app.invoke(command, { before: null, limit: 5 });
    assert.match(
      JSON.stringify(answer.error ?? null),
      /not allowed|not found/,
      `${command} from the question's window`,
    );
  }
  await app.answering(() => app.press("Escape"));
});

story(
  "hostile Markdown is harmless text, runs nothing, loads nothing, and stays as it was written",
  async ({ start, context }) => {
    const next = await listen(context);
    const app = await start({ language: "en" });
    await makeVault(app);
    const entries = hostileEntries(`127.0.0.1:${next.port}`);
    for (const [name, markdown] of Object.entries(entries)) {
      const { id } = await app.ask("diary_save", {
        entry: { id: null, markdown: `${name}\n\n${markdown}`, caret: 0 },
      });
      await app.click("button", app.say("nav_today"));
      await app.click("button", app.say("nav_diary"));
      const row = `document.querySelector('[data-entry="${id}"]')`;
      await app.waitFor(() => app.run(`return ${row} !== null`), name);
      await app.run(`${row}.click()`);
      await app.waitFor(
        () =>
          app.run(
            "return document.querySelector('[role=textbox]')?.textContent.includes(arguments[0])",
            name,
          ),
        name,
      );
      const alien = await app.run(`
      return [...document.querySelectorAll("[role=textbox] :is(script, iframe, svg, math, object, embed, form, input, style, link, meta, base, img:not(.ProseMirror-separator))")]
        .map((each) => each.outerHTML)`);
      assert.deepEqual(alien, [], name);
      const handlers = await app.run(`
      return [...document.querySelectorAll("[role=textbox] *")].flatMap((each) => each.getAttributeNames().filter((name) => /^on|^style$|^srcdoc$/.test(name)))`);
      assert.deepEqual(handlers, [], name);
      await app.run("document.querySelectorAll('[role=textbox] a').forEach((each) => each.click())");
      assert.equal(
        (await app.ask("diary_entry", { id })).markdown,
        `${name}\n\n${markdown}`,
        `${name} was changed by reading`,
      );
    }
    await pause(500);
    assert.equal(await app.run("return window.ran ?? null"), null);
    assert.equal(next.visits(), 0);
    assert.equal(await app.run("return location.href"), "tauri://localhost");
  },
);

story("H16 no cookies, no web storage and nothing on the clipboard after using it", async ({ start }) => {
  const app = await start({ language: "nl" });
  await makeVault(app);
  await app.click("button", app.say("nav_diary"));
  await app.press("Control+n");
  await app.waitFor(() => app.run("return document.activeElement.matches('[role=textbox]')"), "the caret");
  await app.write("Niets hiervan komt in de browser.");
  await app.sees(app.say("diary_kept", { time: "" }).trim());
  for (const section of ["nav_today", "nav_check"]) await app.click("button", app.say(section));
  const held = await app.driver.executeAsyncScript(`
    const done = arguments[0];
    const count = async (attempt) => { try { return await attempt(); } catch { return 0; } };
    Promise.all([
      count(() => document.cookie.length), count(() => localStorage.length), count(() => sessionStorage.length),
      count(async () => (await indexedDB.databases()).length), count(async () => (await caches.keys()).length),
      count(async () => (await navigator.serviceWorker.getRegistrations()).length), count(() => history.length - 1),
    ]).then(done);`);
  assert.deepEqual(held, [0, 0, 0, 0, 0, 0, 0]);
  assert.equal(await clipboardHasOwner(), false);
});
