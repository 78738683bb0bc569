import type { Db } from '../db/client.ts'
import type { Manifest } from './manifest.ts'

/** The set in force from now on, unless it is so already. */
export async function markInForce(
  db: Db,
  { version, built_at }: Pick<Manifest, 'version' | 'built_at'>,
  now: Date,
): Promise<void> {
  await db`
    insert into virus_definitions as known (version, built_at, current_since)
    select ${version}, ${built_at}, ${now}
    where ${version} is distinct from (
      select version from virus_definitions order by current_since desc limit 1
    )
    on conflict (version) do update set current_since = excluded.current_since, swept_at = null
  `
}

export interface InForce {
  readonly version: string
  readonly built_at: Date
  readonly current_since: Date
  /** When everything recent had been scanned with it. */
  readonly swept_at: Date | null
}

export async function findInForce(db: Db): Promise<InForce | undefined> {
  const [row] = await db<[InForce?]>`
    select version, built_at, current_since, swept_at
    from virus_definitions
    order by current_since desc
    limit 1
  `
  return row
}

export async function markSwept(db: Db, version: string, now: Date): Promise<void> {
  await db`update virus_definitions set swept_at = ${now} where version = ${version}`
}
