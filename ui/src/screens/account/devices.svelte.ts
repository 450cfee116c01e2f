import { announce } from "$app/announce.svelte";
import { Attempts } from "$app/attempts.svelte";
import { core } from "$app/core";
import { Loaded } from "$app/loaded.svelte";
import type { DeviceView, LogRow, SignOut } from "$lib/bindings";
import { m } from "$lib/messages";
import { whenChanged } from "./changed.svelte";

/** The devices of the account. Signing out is asked outside the page. */
export class Devices extends Attempts {
  loaded = new Loaded<DeviceView[]>(() => core.devices());

  /** To be made while a component starts. */
  constructor() {
    super();
    whenChanged(() => this.loaded.refresh());
  }

  get here(): DeviceView | null {
    return this.loaded.value?.find(({ thisOne }) => thisOne) ?? null;
  }

  get others(): DeviceView[] {
    return this.loaded.value?.filter(({ thisOne, signedOut }) => !thisOne && signedOut === null) ?? [];
  }

  get gone(): DeviceView[] {
    return this.loaded.value?.filter(({ signedOut }) => signedOut !== null) ?? [];
  }

  signOut(which: SignOut, lost = false) {
    return this.attempt(async () => {
      const devices = await core.signOut(which, lost);
      if (!devices) return;
      this.loaded.value = devices;
      announce(m.devices_signed_out());
    });
  }
}

/** The account's log with the names of the devices, the newest first. */
export class AccountLog {
  loaded = new Loaded<LogRow[]>(async () => {
    const [rows, devices] = await Promise.all([wholeLog(), core.devices().catch(() => [])]);
    this.#names = Object.fromEntries(
      devices.map(({ id, name, thisOne }) => [id, thisOne ? m.devices_this() : name]),
    );
    return rows.reverse();
  });
  #names: Record<string, string> = {};

  who({ who }: LogRow): string {
    const name = this.#names[who];
    if (name) return name;
    return /^[0-9a-f]{32}$/.test(who) ? m.account_log_device() : "";
  }
}

async function wholeLog(): Promise<LogRow[]> {
  const rows: LogRow[] = [];
  for (;;) {
    const page = await core.accountLog(rows.at(-1)?.number ?? 0);
    rows.push(...page);
    if (page.length === 0) return rows;
  }
}
