// Runs in the page. Finds what assistive technology would find: visible, by role and accessible name.
const selectors = {
  button: "button:not([role]), [role=button], summary",
  checkbox: "input[type=checkbox]",
  dialog: "dialog[open]",
  field: "input:not([type=radio]):not([type=checkbox]), textarea, [role=textbox]",
  heading: "h1, h2, h3",
  mark: "mark",
  menuitem: "[role=menuitem]",
  progressbar: "[role=progressbar]",
  radio: "input[type=radio]",
  select: "select",
  switch: "[role=switch]",
};
const squeeze = (text) => (text ?? "").replace(/\s+/g, " ").trim();
const nameOf = (element) => {
  const label = element.getAttribute("aria-label");
  if (label) return squeeze(label);
  const labelledBy = element.getAttribute("aria-labelledby");
  if (labelledBy)
    return squeeze(
      labelledBy
        .split(" ")
        .map((id) => document.getElementById(id)?.textContent)
        .join(" "),
    );
  if (element.labels?.length) return squeeze([...element.labels].map((each) => each.textContent).join(" "));
  return squeeze(element.textContent);
};
const visible = (element) =>
  element.getClientRects().length > 0 &&
  getComputedStyle(element).visibility === "visible" &&
  !element.closest("[inert]");
const fits = (element, wanted) =>
  wanted === null ||
  (wanted.pattern
    ? new RegExp(wanted.pattern, wanted.flags).test(nameOf(element))
    : nameOf(element) === wanted.text);
const [role, wanted, act] = arguments;
const candidates =
  act === "focused"
    ? [document.activeElement].filter((each) => each?.matches(selectors[role]))
    : [...document.querySelectorAll(selectors[role])];
const found = candidates.filter((element) => visible(element) && fits(element, wanted));
return act === "names" ? found.map(nameOf) : found;
