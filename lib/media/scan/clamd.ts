import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { canary, versionOfCanary } from '../../definitions/canary.ts'
import { isPassedOver } from './passed-over.ts'

export type ScanVerdict =
  | { readonly verdict: 'clean' }
  | { readonly verdict: 'infected'; readonly signature: string }
  /** The engine has not seen everything, which must never count as clean: too many bytes, or such as it cannot read. */
  | { readonly verdict: 'too_large' | 'unsupported'; readonly found: string }

/** There is no verdict: clamd is away, too slow or in trouble. Trying later may help. */
export class ScannerUnavailable extends Error {
  override name = 'ScannerUnavailable'
}

/** The scan took longer than it may, by clamd's clock or by ours. */
export class ScanTimedOut extends ScannerUnavailable {
  override name = 'ScanTimedOut'
}

export interface ClamdSettings {
  readonly socketPath: string
  readonly pingTimeoutMs?: number
  /** How long a clamd that still loads its signatures is waited for. */
  readonly startPatienceMs?: number
  /** For a whole scan: longer than clamd's own MaxScanTime, shorter than the caller's timeout. */
  readonly scanTimeoutMs?: number
}

export type Clamd = ReturnType<typeof createClamd>

/** Speaks clamd's protocol over its socket: one connection a command, the bytes streamed and never held. */
export function createClamd(settings: ClamdSettings) {
  const { socketPath, pingTimeoutMs = 2_000, startPatienceMs = 45_000, scanTimeoutMs = 720_000 } = settings

  const ping = async (): Promise<void> => {
    const answer = await command(socketPath, pingTimeoutMs, (socket) => send(socket, 'zPING\0'))
    if (answer !== 'PONG') throw new ScannerUnavailable(`clamd answered a ping with "${answer}"`)
  }

  return {
    ping,

    /** Resolves once clamd answers; rejects when it does not within the patience. */
    async ready(): Promise<void> {
      const deadline = Date.now() + startPatienceMs
      for (;;) {
        const failure = await ping().then(() => undefined, toError)
        if (!failure) return
        if (Date.now() >= deadline) throw failure
        await delay(pollMs)
      }
    },

    async scan(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<ScanVerdict> {
      return toVerdict(await command(socketPath, scanTimeoutMs, (socket) => sendStream(socket, source)))
    },

    /** The version of the definitions that are loaded. Rejects where there are none, and so nothing is to be found. */
    async definitions(): Promise<string> {
      const answer = await command(socketPath, scanTimeoutMs, (socket) => sendStream(socket, [canary]))
      const verdict = toVerdict(answer)
      const version = verdict.verdict === 'infected' ? versionOfCanary(verdict.signature) : undefined
      if (version === undefined) throw new ScannerUnavailable('clamd has no definitions')
      return version
    },

    /** Has it load what is in its directory by now; until that is done it goes on with what it has. */
    async reload(): Promise<void> {
      const answer = await command(socketPath, pingTimeoutMs, (socket) => send(socket, 'zRELOAD\0'))
      if (answer !== 'RELOADING') throw new ScannerUnavailable(`clamd answered a reload with "${answer}"`)
    },
  }
}

const pollMs = 200
const toError = (error: unknown) => error as Error

type Send = (socket: Socket) => Promise<boolean>

async function command(socketPath: string, timeoutMs: number, sendAll: Send): Promise<string> {
  const socket = connect(socketPath)
  const lateness = new ScanTimedOut(`clamd: no answer in ${timeoutMs} ms`)
  const timer = setTimeout(() => socket.destroy(lateness), timeoutMs)
  try {
    const [answer] = await Promise.all([readAnswer(socket), sendAll(socket)])
    return answer
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

function readAnswer(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = ''
    let failure: Error | undefined
    socket.on('data', (bytes) => {
      answer += bytes.toString()
    })
    socket.on('error', (error) => {
      failure = error
    })
    socket.on('close', () => {
      if (answer.endsWith('\0')) return resolve(answer.slice(0, -1))
      if (failure instanceof ScanTimedOut) return reject(failure)
      reject(new ScannerUnavailable(`clamd: ${failure?.message ?? 'hung up'}`, { cause: failure }))
    })
  })
}

/** A byte before what would be passed over makes it a kind that is not known, in which everything is looked for. */
const unknownKind = new Uint8Array(1)

async function sendStream(
  socket: Socket,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<boolean> {
  if (!(await send(socket, 'zINSTREAM\0'))) return false
  let isFirst = true
  for await (const chunk of source) {
    // An empty chunk would end the stream.
    if (chunk.length === 0) continue
    const pieces = isFirst && isPassedOver(chunk) ? [unknownKind, chunk] : [chunk]
    if (!(await send(socket, ...pieces.flatMap((piece) => [lengthOf(piece), piece])))) return false
    isFirst = false
  }
  return send(socket, lengthOf(new Uint8Array()))
}

function lengthOf(chunk: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(chunk.length)
  return length
}

/**
 * Waits until the bytes are taken. False when the connection is gone: no error, for clamd may answer and hang
 * up in the middle of a stream, and then its answer is what counts.
 */
async function send(socket: Socket, ...parts: readonly (string | Uint8Array)[]): Promise<boolean> {
  if (!socket.writable) return false
  socket.cork()
  const flowing = parts.map((part) => socket.write(part)).every(Boolean)
  socket.uncork()
  return flowing || drained(socket)
}

function drained(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle)
      resolve(socket.writable)
    }
    socket.on('drain', settle).on('close', settle)
  })
}

function toVerdict(answer: string): ScanVerdict {
  if (answer === 'stream: OK') return { verdict: 'clean' }
  const found = /^stream: (.+) FOUND$/.exec(answer)?.[1]
  if (/MaxScanTime|[Tt]ime limit/.test(found ?? answer)) throw new ScanTimedOut(`clamd answered "${answer}"`)
  if (found && incomplete.test(found))
    return { verdict: sizes.test(found) ? 'too_large' : 'unsupported', found }
  if (found) return { verdict: 'infected', signature: found }
  if (answer.startsWith('INSTREAM size limit exceeded')) {
    return { verdict: 'too_large', found: 'StreamMaxLength' }
  }
  throw new ScannerUnavailable(`clamd answered "${answer}"`)
}

/** What clamd finds where it could not look further: a limit, or a lock. */
const incomplete = /^Heuristics\.(Limits|Encrypted)\./
const sizes = /Size|Length/
