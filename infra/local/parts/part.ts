export type PartState = 'stopped' | 'starting' | 'running' | 'failed' | 'unavailable'

export interface PartStatus {
  readonly state: PartState
  /** Why it is as it is, in words for whoever started the platform. */
  readonly detail?: string
}

/** A real server of the local platform that can be taken away and given back while the rest runs. */
export interface Part {
  readonly name: string
  readonly status: PartStatus
  /** Resolves when the part serves; nothing happens when it already does. */
  start(): Promise<void>
  stop(): Promise<void>
  restart(): Promise<void>
}

/** The bookkeeping every part shares: one change at a time, and a status that tells the truth. */
export function createPart(
  name: string,
  actions: {
    /** A status other than running where the part cannot be had on this machine. */
    start(): Promise<PartStatus | undefined>
    stop(): Promise<void>
  },
): Part & { failed(detail: string): void } {
  let status: PartStatus = { state: 'stopped' }
  let turn: Promise<void> = Promise.resolve()
  const inTurn = (work: () => Promise<void>) => {
    turn = turn.catch(() => undefined).then(work)
    return turn
  }
  const start = async () => {
    if (status.state === 'running') return
    status = { state: 'starting' }
    try {
      status = (await actions.start()) ?? { state: 'running' }
    } catch (error) {
      await actions.stop().catch(() => undefined)
      status = { state: 'failed', detail: error instanceof Error ? error.message : String(error) }
      throw error
    }
  }
  const stop = async () => {
    status = { state: 'stopped' }
    await actions.stop()
  }
  return {
    name,
    get status() {
      return status
    },
    start: () => inTurn(start),
    stop: () => inTurn(stop),
    restart: () =>
      inTurn(async () => {
        await stop()
        await start()
      }),
    failed(detail) {
      if (status.state === 'running') status = { state: 'failed', detail }
    },
  }
}
