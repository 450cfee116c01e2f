import { fakeFromQuery } from "./preview-query";

Object.freeze(Object.prototype);
fakeFromQuery();
await import("../src/ask/main");
