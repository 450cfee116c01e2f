import { announce } from "$app/announce.svelte";
import { core } from "$app/core";
import type { DeviceView, UiError } from "$lib/bindings";
import { accountTrouble, asUiError } from "$lib/errors";
import { m } from "$lib/messages";

const longest = 64;

/** Giving a device of the account another name. */
export class Renaming {
  device = $state.raw<DeviceView | null>(null);
  name = $state("");
  problem = $state<string | null>(null);
  busy = $state(false);
  error = $state.raw<UiError | null>(null);

  constructor(private readonly changed: (devices: DeviceView[]) => void) {}

  begin = (device: DeviceView) => {
    this.device = device;
    this.name = device.name;
    this.problem = null;
    this.error = null;
  };

  end = () => {
    this.device = null;
  };

  async save() {
    const { device } = this;
    const name = this.name.trim();
    const length = [...name].length;
    this.problem = length < 1 || length > longest ? m.devices_rename_wrong() : null;
    if (!device || this.problem || this.busy) return;
    this.busy = true;
    this.error = null;
    try {
      this.changed(await core.renameDevice(device.id, name));
      this.end();
      announce(m.devices_renamed());
    } catch (thrown) {
      if (accountTrouble(thrown) === "offline") this.problem = m.devices_rename_offline();
      else this.error = asUiError(thrown);
    } finally {
      this.busy = false;
    }
  }
}
