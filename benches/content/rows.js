// Answers the same keys as Regie's list of months: Control+G, then Home, End, Page and arrow keys, then Enter.
const report = (screen) =>
  requestAnimationFrame(() =>
    requestAnimationFrame(() => window.__TAURI_INTERNALS__.invoke("screen_drawn", { screen })),
  );
const months = [...document.querySelectorAll("h2")];
const steps = { PageDown: 12, PageUp: -12, ArrowDown: 1, ArrowUp: -1, Home: -months.length, End: months.length };
let at = 0;
let choosing = false;

addEventListener("keydown", (event) => {
  if (event.ctrlKey && event.key === "g") {
    event.preventDefault();
    choosing = true;
  } else if (choosing && event.key in steps) {
    event.preventDefault();
    at = Math.min(months.length - 1, Math.max(0, at + steps[event.key]));
  } else if (choosing && event.key === "Enter") {
    event.preventDefault();
    choosing = false;
    months[at].scrollIntoView();
    months[at].nextElementSibling.querySelector("button").focus({ preventScroll: true });
    report("diary-month");
  }
});
report("diary");
