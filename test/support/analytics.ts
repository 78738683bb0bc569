import { randomUUID } from 'node:crypto'
import { analyticsRoutes } from '../../functions/analytics/routes.ts'
import { composeStats } from '../../functions/analytics/stats-compose.ts'
import { statsRoutes } from '../../functions/analytics/stats-routes.ts'
import { redo, rollUp } from '../../lib/analytics/rollups/service.ts'
import type { Sql } from '../../lib/db/client.ts'
import { createApi } from '../../lib/http/api.ts'
import { earlier, minuteMs } from '../../lib/time.ts'
import { unlimited } from './api.ts'
import { createCallers } from './callers.ts'
import { createMemoryStorage } from './memory-storage.ts'

export { analyticsRoutes, statsRoutes }

/** The routes that read figures, called as whoever is named. */
export function createStatsApi(sql: Sql, now: () => Date, exports = createMemoryStorage('exports').exports!) {
  const { verifyToken, callAs } = createCallers()
  const handler = createApi(statsRoutes, composeStats({ sql, exports, now }), {
    service: 'analytics',
    corsOrigins: [],
    takeCall: unlimited,
    verifyToken,
    now,
  })
  return callAs(handler)
}

interface Heard {
  readonly track_id: string
  readonly owner_id: string
  readonly version_id?: string
  readonly at: Date
  readonly user_id?: string | null
  /** Of a guest. */
  readonly visitor?: string | null
  readonly source?: string | null
  readonly country?: string | null
  readonly device?: string | null
  readonly filtered?: string | null
  readonly listened_ms?: number
}

const bytes = (text: string | null | undefined) => (text ? Buffer.from(text) : null)

/** As if it had been reported: long enough to be a play. Marks nothing. */
export async function addPlay(
  sql: Sql,
  play: Heard & { readonly is_counted?: boolean; readonly is_complete?: boolean },
) {
  const { at, visitor, filtered = null, is_counted = filtered === null, is_complete = false } = play
  await sql`
    insert into plays ${sql({
      id: randomUUID(),
      issued_at: earlier(at, minuteMs),
      track_id: play.track_id,
      version_id: play.version_id ?? randomUUID(),
      owner_id: play.owner_id,
      user_id: play.user_id ?? null,
      visitor: bytes(visitor),
      started_at: at,
      listened_ms: play.listened_ms ?? 40_000,
      is_complete,
      is_counted,
      filtered,
      source: play.source ?? null,
      country: play.country ?? null,
      device: play.device ?? null,
    })}
  `
}

/** What was heard of one issue of a stream, as ranges of milliseconds. */
export async function addListen(
  sql: Sql,
  listen: Heard & { readonly heard: readonly (readonly [number, number])[]; readonly is_play?: boolean },
) {
  const { at, heard, version_id = randomUUID(), visitor } = listen
  const listened_ms = listen.listened_ms ?? heard.reduce((sum, [from, to]) => sum + to - from, 0)
  await sql`
    insert into listens ${sql({
      id: randomUUID(),
      issued_at: earlier(at, minuteMs),
      track_id: listen.track_id,
      version_id,
      owner_id: listen.owner_id,
      user_id: listen.user_id ?? null,
      visitor: bytes(visitor),
      started_at: at,
      last_at: at,
      heard: `{${heard.map(([from, to]) => `[${from},${to})`).join(',')}}`,
      listened_ms,
      duration_ms: null,
      is_complete: false,
      is_play: listen.is_play ?? false,
      filtered: listen.filtered ?? null,
    })}
  `
}

export interface Seen {
  readonly type: string
  readonly at: Date
  readonly owner_id: string | null
  readonly track_id?: string
  readonly product_id?: string
  readonly filtered?: string | null
}

export async function addEvent(sql: Sql, event: Seen) {
  await sql`
    insert into analytics_events ${sql({
      id: randomUUID(),
      client_at: event.at,
      at: event.at,
      received_at: event.at,
      type: event.type,
      owner_id: event.owner_id,
      track_id: event.track_id ?? null,
      product_id: event.product_id ?? null,
      filtered: event.filtered ?? null,
      is_late: false,
      is_clamped: false,
    })}
  `
}

/** Sums up whatever is marked. */
export async function rollUpAll(sql: Sql, now: Date): Promise<void> {
  while ((await rollUp(sql, now)) > 0) {}
}

/** Sums up everything of some days. */
export async function rollUpDays(sql: Sql, from: string, to: Date): Promise<void> {
  await redo(sql, { from: new Date(from), to }, to)
  await rollUpAll(sql, to)
}

/** As whoever writes raw rows does it. */
export async function markHour(sql: Sql, at: Date): Promise<void> {
  await sql`
    insert into analytics_dirty_hours (hour, marked_at) values (date_trunc('hour', ${at}::timestamptz, 'UTC'), ${at})
    on conflict (hour) do update set marked_at = excluded.marked_at
  `
}
