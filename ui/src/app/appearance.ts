import type { Appearance, Language } from "$lib/bindings";

/** Tokens and sizes follow from these three; see tokens.css. */
export function applyAppearance({ theme, contrast, textSize }: Appearance) {
  const root = document.documentElement;
  root.dataset.theme = theme;
  root.dataset.contrast = contrast;
  root.style.fontSize = `${textSize}%`;
}

export function applyLanguage(language: Language) {
  document.documentElement.lang = language;
}

export const systemLanguage = (): Language =>
  navigator.language.toLowerCase().startsWith("nl") ? "nl" : "en";
