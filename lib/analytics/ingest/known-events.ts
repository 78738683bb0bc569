import type { Db } from '../../db/client.ts'

export interface EventKey {
  readonly id: string
  readonly client_at: Date
}

/** Which of some events are written down already. */
export async function listKnownEvents(db: Db, keys: readonly EventKey[]): Promise<ReadonlySet<string>> {
  if (keys.length === 0) return new Set()
  const rows = await db<{ id: string }[]>`
    select e.id
    from unnest(
      ${keys.map(({ client_at }) => client_at.toISOString())}::timestamptz[], ${keys.map(({ id }) => id)}::uuid[]
    ) as given (client_at, id)
    join analytics_events e on e.client_at = given.client_at and e.id = given.id
  `
  return new Set(rows.map(({ id }) => id))
}
