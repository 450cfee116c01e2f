import { isLinkAddress } from "./schema";

/**
 * What word processors put on the clipboard, as plain HTML: paragraphs, headings, quotes, lists, bold, italic and links.
 * Everything else is dropped: styles, images, comments, scripts. Read in a document of its own that loads and runs nothing.
 */
export function cleanPasted(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  dropNoise(body);
  nameParagraphs(body);
  joinOfficeLists(body);
  nestLists(body);
  // Word processors space with empty paragraphs; here the space between paragraphs is drawn.
  for (const empty of body.querySelectorAll("p, br.Apple-interchange-newline"))
    if (!empty.textContent?.trim()) empty.remove();
  for (const element of body.querySelectorAll<HTMLElement>("*")) strip(element);
  return body.innerHTML;
}

const noise =
  "script, style, meta, link, title, xml, img, picture, svg, object, embed, iframe, video, audio, canvas, input, button, select, textarea, form > fieldset, template";

function dropNoise(body: HTMLElement) {
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_COMMENT);
  const comments: Node[] = [];
  while (walker.nextNode()) comments.push(walker.currentNode);
  for (const comment of comments) comment.parentNode?.removeChild(comment);
  for (const element of body.querySelectorAll(noise)) element.remove();
  // Office's own elements, such as <o:p>, hold nothing but what a paragraph already says.
  for (const element of body.querySelectorAll("*"))
    if (element.localName.includes(":")) element.replaceWith(...element.childNodes);
}

const styleOf = (element: Element) => element.getAttribute("style") ?? "";
const classOf = (element: Element) => element.getAttribute("class") ?? "";

/** Headings, titles and quotes that are paragraphs with a name. */
function nameParagraphs(body: HTMLElement) {
  for (const paragraph of body.querySelectorAll("p, div[role=heading]")) {
    const name = classOf(paragraph);
    const level =
      paragraph.getAttribute("role") === "heading"
        ? (paragraph.getAttribute("aria-level") ?? "1")
        : (/\bMsoTitle/.exec(name) && "1") ||
          (/\bMsoSubtitle/.exec(name) && "2") ||
          /\b(?:Mso)?Heading([1-6])/.exec(name)?.[1] ||
          /mso-outline-level:\s*([1-6])/.exec(styleOf(paragraph))?.[1];
    if (level) rename(paragraph, `h${Math.min(6, Math.max(1, Number(level)))}`);
    else if (/\bMso(Intense)?Quote|\bQuotations?\b/.test(name)) {
      const quote = body.ownerDocument.createElement("blockquote");
      paragraph.replaceWith(quote);
      quote.append(paragraph);
    }
  }
  // Quoted paragraphs in a row are one quote.
  for (const quote of body.querySelectorAll("blockquote")) {
    const before = quote.previousElementSibling;
    if (before?.localName !== "blockquote" || !nothingBetween(before, quote)) continue;
    before.append(...quote.childNodes);
    quote.remove();
  }
}

function nothingBetween(first: Element, second: Element): boolean {
  for (let node = first.nextSibling; node && node !== second; node = node.nextSibling)
    if (node.textContent?.trim()) return false;
  return true;
}

function rename(element: Element, name: string) {
  const renamed = element.ownerDocument.createElement(name);
  renamed.append(...element.childNodes);
  element.replaceWith(renamed);
}

type OpenList = { list: HTMLElement; level: number };

/** Office writes a list as paragraphs that name their list and level and begin with a drawn bullet or number. */
function joinOfficeLists(body: HTMLElement) {
  let open: OpenList[] = [];
  let last: Element | null = null;
  for (const paragraph of body.querySelectorAll<HTMLElement>("p[style*='mso-list']")) {
    const place = /mso-list:\s*(?:l\d+\s+)?level(\d+)/i.exec(styleOf(paragraph));
    if (!place) continue;
    const level = Number(place[1]);
    const marker = takeMarker(paragraph);
    if (last === null || !follows(last, paragraph)) open = [];
    while (open.length > 0 && open.at(-1)!.level > level) open.pop();
    let current = open.at(-1);
    const name = isNumber(marker) ? "ol" : "ul";
    if (!current || current.level < level || (current.level === level && current.list.localName !== name)) {
      if (current?.level === level) open.pop();
      const list = body.ownerDocument.createElement(name);
      const start = /^\(?(\d+)/.exec(marker)?.[1];
      if (start && start !== "1") list.setAttribute("start", start);
      const parent = open.at(-1)?.list.lastElementChild;
      if (parent) parent.append(list);
      else paragraph.before(list);
      current = { list, level };
      open.push(current);
    }
    const item = body.ownerDocument.createElement("li");
    current.list.append(item);
    last = open[0]!.list;
    const text = body.ownerDocument.createElement("p");
    text.append(...paragraph.childNodes);
    item.append(text);
    paragraph.remove();
  }
}

function follows(list: Element, paragraph: Element): boolean {
  let node = paragraph.previousSibling;
  while (node && node !== list && !node.textContent?.trim()) node = node.previousSibling;
  return node === list;
}

function takeMarker(paragraph: Element): string {
  const drawn = paragraph.querySelector("[style*='mso-list:Ignore'], [style*='mso-list: Ignore']");
  if (drawn === null) return "";
  const marker = (drawn.textContent ?? "").trim();
  // The drawn mark sits alone in one more span that only chooses its typeface.
  const around = drawn.parentElement!;
  (around !== paragraph && around.textContent?.trim() === marker ? around : drawn).remove();
  return marker;
}

/** "1.", "a)", "iv." begin a numbered list; a bullet is one sign, in Courier also the letter o. */
const isNumber = (marker: string) => /^\(?([0-9]+|[a-z]{1,4})[.)]$/i.test(marker);

/** Some programs put a list right into a list, where the item before it should hold it. */
function nestLists(body: HTMLElement) {
  for (const list of body.querySelectorAll(":is(ul, ol) > ul, :is(ul, ol) > ol")) {
    const item = list.previousElementSibling;
    if (item?.localName === "li") item.append(list);
    else {
      const made = body.ownerDocument.createElement("li");
      list.replaceWith(made);
      made.append(list);
    }
  }
}

function strip(element: HTMLElement) {
  const bold = /(?:^|;)\s*font-weight:\s*([\w]+)/i.exec(styleOf(element))?.[1]?.toLowerCase();
  const slant = /(?:^|;)\s*font-style:\s*(\w+)/i.exec(styleOf(element))?.[1]?.toLowerCase();
  const href = element.localName === "a" ? landing(element.getAttribute("href") ?? "") : "";
  const start = element.localName === "ol" ? element.getAttribute("start") : null;
  for (const { name } of [...element.attributes]) element.removeAttribute(name);
  if (isLinkAddress(href)) element.setAttribute("href", href);
  if (start && /^\d{1,9}$/.test(start)) element.setAttribute("start", start);
  // Headings are drawn bold by their style sheets; here the heading itself says it.
  if (element.closest("h1, h2, h3, h4, h5, h6")) return;
  if (bold) element.style.fontWeight = bold;
  if (slant === "italic" || slant === "normal") element.style.fontStyle = slant;
}

/** Where a link from an online document leads, without the stop that counts who follows it. */
function landing(href: string): string {
  if (!URL.canParse(href)) return href;
  const url = new URL(href);
  const counted = /(^|\.)google\.[a-z.]+$/.test(url.hostname) && url.pathname === "/url";
  return (counted && url.searchParams.get("q")) || href;
}
