import type { Sql, Transaction } from '../../db/client.ts'
import { logger } from '../../logger.ts'
import { markDirtyHours } from '../dirty-hours.ts'
import { type FoldedListen, writeStaged } from './folding.ts'
import { type IngestMessage, ingestMessage, messageEvent } from './message.ts'
import { recordPlaysOf } from './plays-of-listens.ts'
import { type StagedEvent, stageEvents } from './staging.ts'

export interface WriterDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

/** A message by whatever its sender calls it. */
export interface Received {
  readonly id: string
  readonly body: unknown
}

interface ReadMessage {
  readonly id: string
  readonly events: readonly StagedEvent[]
  /** Whether all of it could be read. */
  readonly isWhole: boolean
}

/** Writes down what messages tell, all of a batch at once; each may come any number of times. */
export function createIngestWriter({ sql, now = () => new Date() }: WriterDependencies) {
  const write = (messages: readonly ReadMessage[]) =>
    sql.begin((tx) =>
      writeEvents(
        tx,
        messages.flatMap(({ events }) => events),
        now(),
      ),
    )

  /** The ids of those that the database does not take, found by halving. Any other failure is that of all. */
  const writeApart = async (messages: readonly ReadMessage[]): Promise<readonly string[]> => {
    try {
      await write(messages)
      return []
    } catch (error) {
      if (!isOfTheData(error)) throw error
      if (messages.length === 1) {
        logger.error('The events of a message cannot be written', { error, message_id: messages[0]!.id })
        return [messages[0]!.id]
      }
      const half = Math.ceil(messages.length / 2)
      return [...(await writeApart(messages.slice(0, half))), ...(await writeApart(messages.slice(half)))]
    }
  }

  return {
    /**
     * Answers with the ids of the messages to keep for somebody to look at. What could be read of them is written:
     * when they come again that changes nothing.
     */
    async write(received: readonly Received[]): Promise<ReadonlySet<string>> {
      const messages = received.map(readMessage)
      const filled = messages.filter(({ events }) => events.length > 0)
      const unread = messages.filter(({ isWhole }) => !isWhole).map(({ id }) => id)
      return new Set([...unread, ...(filled.length > 0 ? await writeApart(filled) : [])])
    },
  }
}

function readMessage({ id, body }: Received): ReadMessage {
  const { data: message, error } = ingestMessage.safeParse(body)
  if (!message) {
    logger.error('A message of events cannot be read', { error, message_id: id })
    return { id, events: [], isWhole: false }
  }
  const events = readEvents(message)
  const isWhole = events.length === message.events.length
  if (!isWhole) logger.error('Some events of a message cannot be read', { message_id: id })
  return { id, events, isWhole }
}

function readEvents(message: IngestMessage): StagedEvent[] {
  const plays = new Map(message.plays.map((play) => [play.id, play]))
  return message.events.flatMap((given) => {
    const { data: event } = messageEvent.safeParse(given)
    return event ? [{ message, event, play: plays.get(event.play_id ?? '') }] : []
  })
}

async function writeEvents(tx: Transaction, events: readonly StagedEvent[], now: Date): Promise<void> {
  await stageEvents(tx, events)
  const { hours, listens } = await writeStaged(tx)
  const plays = new Map(events.flatMap(({ play }) => (play ? [[play.id, play]] : [])))
  await recordPlaysOf(tx, listens, plays, now)
  await markDirtyHours(tx, [...hours, ...listens.flatMap(timesOf)], now)
}

/** A listen that began earlier than was known is no longer where it was. */
const timesOf = ({ started_at, began_at }: FoldedListen) => [started_at, began_at]

/** SQLSTATE classes 22 and 23: what was to be written is at fault, and is so the next time. */
const isOfTheData = (error: unknown) => /^2[23]/.test(String((error as { code?: unknown }).code ?? ''))
