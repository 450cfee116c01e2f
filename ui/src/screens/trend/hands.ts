import type { Trend } from "./state.svelte";

type Plot = {
  /** The moment at a place on the chart, in pixels from its left edge. */
  momentAt: (px: number) => number;
  /** Width of the plot in pixels. */
  reach: () => number;
};

/** Wheel, pinch, drag and keys on the chart. */
export function hands(trend: Pick<Trend, "zoom" | "move" | "show">, { momentAt, reach }: Plot) {
  const down = new Map<number, number>();

  function onwheel(event: WheelEvent) {
    event.preventDefault();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) return trend.move(event.deltaX / reach());
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
    const factor = Math.exp(Math.max(-1, Math.min(1, (event.deltaY * lines) / 400)));
    trend.zoom(factor, momentAt(place(event)));
  }

  const place = (event: MouseEvent) =>
    event.clientX - (event.currentTarget as Element).getBoundingClientRect().left;

  function onpointerdown(event: PointerEvent) {
    if (event.button !== 0) return;
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
  }

  function onpointermove(event: PointerEvent) {
    const before = down.get(event.pointerId);
    if (before === undefined) return;
    const now = place(event);
    down.set(event.pointerId, now);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) return trend.move((before - now) / reach());
    const [was, is] = [Math.abs(before - other), Math.abs(now - other)];
    if (was > 8 && is > 8) trend.zoom(was / is, momentAt((now + other) / 2));
  }

  const onpointerup = (event: PointerEvent) => void down.delete(event.pointerId);

  /** The wheel must be able to hold the page still, which needs a listener of its own. */
  function attach(element: HTMLElement) {
    const listeners = { pointerdown: onpointerdown, pointermove: onpointermove } as const;
    element.addEventListener("wheel", onwheel, { passive: false });
    element.addEventListener("pointerdown", listeners.pointerdown);
    element.addEventListener("pointermove", listeners.pointermove);
    for (const end of ["pointerup", "pointercancel"] as const) element.addEventListener(end, onpointerup);
    return () => {
      element.removeEventListener("wheel", onwheel);
      element.removeEventListener("pointerdown", listeners.pointerdown);
      element.removeEventListener("pointermove", listeners.pointermove);
      for (const end of ["pointerup", "pointercancel"] as const)
        element.removeEventListener(end, onpointerup);
    };
  }

  const acts: Record<string, () => void> = {
    "+": () => trend.zoom(0.7),
    "=": () => trend.zoom(0.7),
    "-": () => trend.zoom(1 / 0.7),
    ArrowLeft: () => trend.move(-0.25),
    ArrowRight: () => trend.move(0.25),
    "0": () => trend.show(null),
  };

  function onkeydown(event: KeyboardEvent) {
    const act = acts[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  }

  return { attach, onkeydown };
}
