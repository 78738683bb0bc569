import { randomUUID } from 'node:crypto'
import type { Actor } from '../../auth/actor.ts'
import type { LoadKeys } from '../../auth/key-ring.ts'
import type { JobQueue } from '../../aws/job-queue.ts'
import type { Sql } from '../../db/client.ts'
import { AppError, unavailable } from '../../errors.ts'
import { logger } from '../../logger.ts'
import type { Filter } from '../../plays/filters.ts'
import type { IssuedPlay } from '../../plays/play-token.ts'
import type { Caller, Client, ReadClient } from '../clients/client.ts'
import { listKnownEvents } from './known-events.ts'
import { findImplausible } from './patterns.ts'
import { readPlayTokens, tokenOf } from './play-tokens.ts'
import { type Read, readEvent } from './reading.ts'
import { largestBatchBytes, mostEvents } from './rules.ts'
import type { EventResult, ReportEvents } from './schemas.ts'
import { type JudgedEvent, toMessage } from './to-message.ts'

export interface IntakeDependencies {
  readonly sql: Sql
  readonly queue: Pick<JobQueue, 'send'>
  readonly loadKeys: LoadKeys
  readonly readClient: ReadClient
  readonly now?: () => Date
}

export interface IntakeCall extends Caller {
  readonly actor: Actor | undefined
  readonly sizeBytes: number
}

export type IntakeService = ReturnType<typeof createIntakeService>

type Readable = Extract<Read, { event: unknown }>

/** Takes reports from clients, judges each, and passes on what is good in one message: all of it or none. */
export function createIntakeService(dependencies: IntakeDependencies) {
  const { sql, queue, loadKeys, readClient, now = () => new Date() } = dependencies

  return {
    async take({ events, consent = true }: ReportEvents, call: IntakeCall): Promise<EventResult[]> {
      if (events.length > mostEvents || call.sizeBytes > largestBatchBytes) throw tooLarge()
      const received_at = now()
      const read = events.map((event) => readEvent(event, received_at))
      const fresh = await dropKnown(
        sql,
        read.filter((one) => 'event' in one),
      )
      const client = await readClient(call)
      const judged = await judge(loadKeys, fresh, client, received_at)
      if (judged.length > 0) {
        const is_anonymous = !consent || client.wantsPrivacy
        const body = toMessage(judged, { user_id: call.actor?.id, client, is_anonymous, received_at })
        await send(queue, body)
      }
      const accepted = new Set<Read>(fresh)
      return read.map((one) => toResult(one, accepted.has(one)))
    },
  }
}

const tooLarge = () =>
  new AppError(
    'payload_too_large',
    `A call may have ${mostEvents} events and ${largestBatchBytes / 1024} KiB at most`,
  )

/** Those that are neither there twice nor written down. Whoever cannot look that up finds out when writing. */
async function dropKnown(sql: Sql, read: readonly Readable[]): Promise<readonly Readable[]> {
  const firsts = [...Map.groupBy(read, ({ event }) => event.id).values()].map(([first]) => first!)
  const keys = firsts.map(({ event, time }) => ({ id: event.id, client_at: time.client_at }))
  const known = await listKnownEvents(sql, keys).catch((error: unknown) => {
    logger.warn('What is known of some events could not be looked up', { error: error as Error })
    return new Set<string>()
  })
  return firsts.filter(({ event }) => !known.has(event.id))
}

async function judge(
  loadKeys: LoadKeys,
  read: readonly Readable[],
  client: Client,
  now: Date,
): Promise<JudgedEvent[]> {
  const plays = await readPlayTokens(
    loadKeys,
    read.map(({ event }) => event),
    now,
  )
  const playOf = ({ event }: Readable) => plays.get(tokenOf(event) ?? '')
  const heard = read.flatMap((one) => {
    const play = playOf(one)
    return play ? [{ play, event: one.event }] : []
  })
  const implausible = findImplausible(heard, now)
  return read.map((one) => {
    const play = playOf(one)
    return { ...one, play, filtered: filterOf(one, play, client, implausible) }
  })
}

/** The first reason that holds. */
function filterOf(
  { event }: Readable,
  play: IssuedPlay | undefined,
  client: Client,
  implausible: ReadonlySet<string>,
): Filter | undefined {
  const byClient = client.filter ?? play?.client?.filter
  if (byClient) return byClient
  if (event.type.startsWith('play_') && !play) return 'no_token'
  return play && event.type === 'play_heartbeat' && implausible.has(play.id) ? 'pattern' : undefined
}

async function send(queue: Pick<JobQueue, 'send'>, body: string) {
  const id = randomUUID()
  const accepted = await queue.send([{ id, body }]).catch((error: unknown) => {
    throw unavailable(error)
  })
  if (!accepted.includes(id)) throw unavailable(new Error('The queue has refused the events'))
}

function toResult(one: Read, isFresh: boolean): EventResult {
  if ('rejection' in one) return { id: one.id, status: 'rejected', ...one.rejection }
  const { event, time } = one
  const { id } = event
  if (!isFresh) return { id, status: 'duplicate' }
  return { id, status: time.is_clamped ? 'clamped' : time.is_late ? 'late' : 'accepted' }
}
