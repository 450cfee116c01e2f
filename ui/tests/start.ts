import { render } from "@testing-library/svelte";
import { tick } from "svelte";
import App from "$app/App.svelte";
// Loaded on demand in the app; here beforehand, so that no test waits for it.
import "$app/Elsewhere.svelte";
import "$app/Open.svelte";
import "$app/Elsewhere.svelte";
import "$screens/first-run/FirstRun.svelte";
import { navigation } from "$app/navigation.svelte";
import { session } from "$app/state.svelte";
import { undo } from "$app/undo.svelte";
import { FakeCore, type FakeOptions } from "./fake-core";

/** The whole app on a fake core, as it stands after the start. */
export async function startApp(options: FakeOptions = {}): Promise<FakeCore> {
  const core = new FakeCore(options).install();
  navigation.reset();
  undo.dismiss();
  await session.begin();
  render(App);
  await tick();
  return core;
}
