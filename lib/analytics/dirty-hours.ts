import type { Db } from '../db/client.ts'

/**
 * Marks hours in which something was written down, to be summed up anew. The last thing a transaction does: others that
 * write of the same hour wait for it from here on.
 */
export async function markDirtyHours(tx: Db, times: readonly Date[], now: Date): Promise<void> {
  if (times.length === 0) return
  await tx`
    insert into analytics_dirty_hours as kept (hour, marked_at)
    select distinct date_trunc('hour', at, 'UTC'), ${now}::timestamptz
    from unnest(${times.map((time) => time.toISOString())}::timestamptz[]) as at
    order by 1
    -- Written even where nothing changes: whoever would take the mark away waits for it.
    on conflict (hour) do update set marked_at = least(kept.marked_at, excluded.marked_at)
  `
}
