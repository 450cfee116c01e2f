type Flush = () => Promise<void>;

const flushes = new Set<Flush>();
const patience = 5_000;

/**
 * Registers work to finish before the lock closes. `flush` resolves when everything is kept and rejects
 * when something could not be. Returns the function that takes it off again.
 */
export function beforeLock(flush: Flush): () => void {
  flushes.add(flush);
  return () => flushes.delete(flush);
}

export async function flushAll() {
  const all = Promise.all([...flushes].map((flush) => flush()));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("late")), patience);
  });
  await Promise.race([all, late]).finally(() => clearTimeout(timer));
}
