import type { LucideIcon } from "@lucide/svelte";
import Battery from "@lucide/svelte/icons/battery";
import BatteryFull from "@lucide/svelte/icons/battery-full";
import BatteryLow from "@lucide/svelte/icons/battery-low";
import BatteryMedium from "@lucide/svelte/icons/battery-medium";
import BatteryPlus from "@lucide/svelte/icons/battery-plus";
import Cloud from "@lucide/svelte/icons/cloud";
import CloudRain from "@lucide/svelte/icons/cloud-rain";
import CloudSun from "@lucide/svelte/icons/cloud-sun";
import Sun from "@lucide/svelte/icons/sun";
import SunDim from "@lucide/svelte/icons/sun-dim";
import type { StatementItem } from "$lib/bindings";

const drawn: Record<string, LucideIcon[]> = {
  mood: [CloudRain, Cloud, CloudSun, SunDim, Sun],
  energy: [Battery, BatteryLow, BatteryMedium, BatteryFull, BatteryPlus],
};

/** Pictures beside the words of an answer, lowest first; none for what Regie has no pictures for. */
export function iconsOf({ id, options }: StatementItem): LucideIcon[] {
  const icons = drawn[id] ?? [];
  return icons.length === options.length ? icons : [];
}
