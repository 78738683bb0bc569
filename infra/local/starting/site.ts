import type { Closing } from '../closing.ts'
import type { DataDir } from '../data-dir.ts'
import type { LogRecord, PlatformLog } from '../log.ts'
import type { Ports } from '../ports.ts'

/** One step of the start, shown while it is done; `say` adds what came of it. */
export type Step = <T>(title: string, work: (say: (detail: string) => void) => Promise<T>) => Promise<T>

export interface PlatformOptions {
  /** The checkout. */
  readonly root: string
  readonly dataDir: string
  readonly step: Step
  /** Ends the start half-way and takes down what is up. */
  readonly signal: AbortSignal
  readonly apiPort?: number
  readonly isFresh?: boolean
  /** Where ClamAV's definitions come from: its own servers if it is empty, nowhere if it is `off`. */
  readonly definitionsMirror?: string
  readonly isWatching?: boolean
  /** Of the command: it may name a test account at Stripe. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly onRecord?: (record: LogRecord) => void
}

/** What every stage of the start builds on. */
export interface Site extends PlatformOptions {
  readonly data: DataDir
  readonly log: PlatformLog
  readonly closing: Closing
  readonly ports: Ports
  readonly urls: ReturnType<typeof urlsOf>
}

export function urlsOf(ports: Ports) {
  const at = (port: number) => `http://127.0.0.1:${port}`
  return {
    api: at(ports.api),
    docs: `${at(ports.api)}/docs`,
    frontDoor: at(ports.frontDoor),
    streamServer: at(ports.streamServer),
    media: at(ports.media),
    stripe: at(ports.stripe),
  }
}
