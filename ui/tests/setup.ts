import { afterEach, beforeEach } from "vitest";
import { clearMocks } from "@tauri-apps/api/mocks";
import { configure } from "@testing-library/svelte";

// A screen is loaded when it is opened, and a busy machine takes its time.
configure({ asyncUtilTimeout: 5000 });

beforeEach(() => {
  // jsdom has neither of these.
  globalThis.scrollTo = () => {};
  Element.prototype.scrollIntoView = () => {};
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
});

afterEach(() => clearMocks());
