import Annoyed from "@lucide/svelte/icons/annoyed";
import Frown from "@lucide/svelte/icons/frown";
import Laugh from "@lucide/svelte/icons/laugh";
import Meh from "@lucide/svelte/icons/meh";
import Smile from "@lucide/svelte/icons/smile";
import { m } from "$lib/messages";

/** From 1 to 5, each with a face and a word; none is better than another, and none has a colour. */
export const moods = [
  { value: 1, word: m.diary_mood_1, face: Frown },
  { value: 2, word: m.diary_mood_2, face: Annoyed },
  { value: 3, word: m.diary_mood_3, face: Meh },
  { value: 4, word: m.diary_mood_4, face: Smile },
  { value: 5, word: m.diary_mood_5, face: Laugh },
] as const;

export const moodOf = (value: number | null) => moods.find((mood) => mood.value === value);
