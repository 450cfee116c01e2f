/** Why a web view gives no camera or microphone, by the name of what it throws. */
export const captureTroubles: Record<string, "refused" | "none" | "busy"> = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "none",
  // WebKit says so where there is none at all.
  OverconstrainedError: "none",
  NotReadableError: "busy",
  AbortError: "busy",
};
