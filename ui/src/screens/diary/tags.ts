/** Longest name of a tag, in signs. */
export const longestTag = 40;

export const tidyTag = (typed: string) =>
  typed
    .replace(/[#,\s]+/g, " ")
    .trim()
    .slice(0, longestTag)
    .trim();

const fold = (name: string) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export const sameTag = (one: string, other: string) => fold(one) === fold(other);

/** Known tags that continue what is typed, the ones that begin with it first; without those chosen already. */
export function completions(typed: string, known: string[], chosen: string[], limit = 6): string[] {
  const wanted = fold(tidyTag(typed));
  const free = known.filter((name) => !chosen.some((each) => sameTag(each, name)));
  const begins = free.filter((name) => fold(name).startsWith(wanted));
  const holds = free.filter((name) => !fold(name).startsWith(wanted) && fold(name).includes(wanted));
  return [...begins, ...holds].slice(0, limit);
}
