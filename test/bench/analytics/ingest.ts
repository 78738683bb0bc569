import { randomUUID } from 'node:crypto'
import type { Sql } from '../../../lib/db/client.ts'
import { copyInto } from '../../../lib/db/copy.ts'
import { createClock } from '../../support/accounts.ts'
import { createAnalytics, type Message } from '../../support/ingest.ts'
import type { Figure } from '../table.ts'

export interface IngestScale {
  /** Reported, all of them new. */
  readonly events: number
  /** Written again, of those. */
  readonly duplicates: number
}

const eventsOfCall = 100
/** As the event source gives them to the worker. */
const messagesOfBatch = 50
const beatsOfPlay = 8

/**
 * What clients report, from the handler of the route to the rows, in one process on one connection; beside it a bare
 * COPY of the same rows into a table like the one that they end in, with its keys and nothing else.
 */
export async function measureIngest(sql: Sql, { events, duplicates }: IngestScale) {
  const clock = createClock()
  const analytics = createAnalytics(sql, clock)
  const owner = await analytics.join()
  const tracks = await Promise.all(
    Array.from({ length: 50 }, () => analytics.tracks.createReady(owner, {}, { duration_ms: 180_000 })),
  )
  const calls = await makeCalls(analytics, tracks, Math.ceil(events / eventsOfCall))

  const edge = await timed(async () => {
    for (const call of calls) await analytics.report(call)
  })
  const messages = analytics.queued.splice(0)
  const worker = await timed(() => writeAll(analytics, messages))
  const written = await countEvents(sql)
  const copy = await timed(() => copyAgain(sql))
  const again = await writeDuplicates(analytics, messages, duplicates)

  const perEvent = (ms: number, count = written) => (1_000 * ms) / count
  const against = perEvent(copy)
  const figures: Figure[] = [
    { name: 'the route, an event', ours: perEvent(edge), against, unit: 'µs', compare: 'ratio' },
    { name: 'the worker, an event', ours: perEvent(worker), against, unit: 'µs', compare: 'ratio' },
    { name: 'both, an event', ours: perEvent(edge + worker), against, unit: 'µs', compare: 'ratio' },
    {
      name: 'the worker, a duplicate',
      ours: perEvent(again, duplicates),
      against,
      unit: 'µs',
      compare: 'ratio',
    },
  ]
  const left = await countEvents(sql)
  return { figures, written, left, duplicates, perSecond: 1_000_000 / perEvent(edge + worker) }
}

type Analytics = ReturnType<typeof createAnalytics>

/** Mostly heartbeats of some listeners, as they come; a view now and then. */
async function makeCalls(analytics: Analytics, tracks: readonly string[], count: number) {
  const perCall = Math.floor((eventsOfCall * 0.8) / beatsOfPlay)
  const calls: object[][] = []
  for (let n = 0; n < count; n++) {
    const tokens = await Promise.all(
      Array.from({ length: perCall }, (_, at) =>
        analytics.stream(tracks[(n + at) % tracks.length]!, undefined, { ip: `10.${n % 250}.${at}.1` }),
      ),
    )
    const beats = tokens.flatMap((token) =>
      Array.from({ length: beatsOfPlay }, (_, at) => analytics.beat(token, at * 1_000, (at + 1) * 1_000)),
    )
    const views = Array.from({ length: eventsOfCall - beats.length }, (_, at) =>
      analytics.event('track_viewed', { track_id: tracks[at % tracks.length], source: 'feed' }),
    )
    calls.push([...beats, ...views])
  }
  return calls
}

async function writeAll({ writer }: Analytics, messages: readonly Message[]) {
  for (let first = 0; first < messages.length; first += messagesOfBatch) {
    const failed = await writer.write(messages.slice(first, first + messagesOfBatch))
    if (failed.size > 0) throw new Error(`${failed.size} messages were not written`)
  }
}

async function writeDuplicates(analytics: Analytics, messages: readonly Message[], duplicates: number) {
  const count = Math.ceil(duplicates / eventsOfCall)
  const batch = Array.from({ length: count }, (_, n) => ({
    ...messages[n % messages.length]!,
    id: randomUUID(),
  }))
  return timed(() => writeAll(analytics, batch))
}

/** The rows are read before, so that nothing but COPY is in the time. */
async function copyAgain(sql: Sql): Promise<() => Promise<void>> {
  await sql`create table copied_events (like analytics_events including defaults including constraints)`
  await sql`alter table copied_events add primary key (client_at, id)`
  const rows = await sql<Record<string, never>[]>`select * from analytics_events`
  const columns = Object.keys(rows[0]!)
  const values = rows.map((row) => columns.map((name) => row[name]))
  return () => sql.begin((tx) => copyInto(tx, { table: 'copied_events', columns }, values))
}

const countEvents = async (sql: Sql) =>
  (await sql<[{ count: number }]>`select count(*)::int as count from analytics_events`)[0].count

/** Milliseconds. Work that answers with a function has only prepared it. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  let startedAt = performance.now()
  const prepared = await work()
  if (typeof prepared === 'function') {
    startedAt = performance.now()
    await prepared()
  }
  return performance.now() - startedAt
}
