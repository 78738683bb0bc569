type Close = () => unknown

export type Closing = ReturnType<typeof createClosing>

/**
 * How everything that is up is taken down again: first what takes calls, all at once, then what those calls need.
 * Closing again closes what came up since.
 */
export function createClosing() {
  const serving: Close[] = []
  const services: Close[] = []
  return {
    serving: (close: Close) => void serving.push(close),
    service: (close: Close) => void services.push(close),
    async close(): Promise<void> {
      await closeAll(serving.splice(0))
      await closeAll(services.splice(0))
    },
  }
}

/** One that fails to close must not keep the others open. */
async function closeAll(closers: readonly Close[]): Promise<void> {
  await Promise.allSettled(closers.map(async (close) => close()))
}
