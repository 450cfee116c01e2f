import { fakeFromQuery, query } from "./preview-query";

// The real window freezes Object.prototype; code that cannot live with that shows it here.
Object.freeze(Object.prototype);

Object.assign(globalThis, { fakeCore: fakeFromQuery() });

const { navigation } = await import("$app/navigation.svelte");
const screen = query.get("go");
if (screen) {
  const detail = Object.fromEntries(
    ["run", "result", "correct", "entry", "page", "prompt"].flatMap((key) =>
      query.has(key) ? [[key, query.get(key)]] : [],
    ),
  );
  const version = query.has("version") ? { version: Number(query.get("version")) } : {};
  const fresh = query.has("fresh") ? { fresh: true } : {};
  navigation.go({ screen, ...detail, ...version, ...fresh } as Parameters<typeof navigation.go>[0]);
}
await import("$app/main");
