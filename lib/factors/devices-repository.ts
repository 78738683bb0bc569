import type { Db } from '../db/client.ts'

export interface KnownDevice {
  readonly id: string
  readonly user_id: string
  /** When the second factor was passed on it to be remembered. */
  readonly second_factor_at: Date | null
  readonly trusted_until: Date | null
}

export async function findDevice(
  db: Db,
  userId: string | null,
  secretHash: Buffer,
): Promise<KnownDevice | undefined> {
  const [row] = await db<[KnownDevice?]>`
    select id, user_id, second_factor_at, trusted_until
    from devices
    where secret_hash = ${secretHash} and user_id = ${userId}
  `
  return row
}

export interface NewDevice {
  readonly user_id: string
  readonly secret_hash: Buffer
  readonly user_agent: string
  readonly ip: string | null
  readonly created_at: Date
  readonly last_seen_at: Date
}

export async function insertDevice(db: Db, device: NewDevice): Promise<string> {
  const [row] = await db<[{ id: string }]>`insert into devices ${db({ ...device })} returning id`
  return row.id
}

export interface Sighting {
  readonly user_agent: string
  readonly ip: string | null
  readonly last_seen_at: Date
}

export async function markSeen(db: Db, id: string, sighting: Sighting): Promise<void> {
  await db`update devices set ${db({ ...sighting })} where id = ${id}`
}

export async function markTrusted(db: Db, id: string, now: Date, until: Date): Promise<void> {
  await db`update devices set second_factor_at = ${now}, trusted_until = ${until} where id = ${id}`
}

/** Keeps the devices of the user that were seen last. */
export async function pruneDevices(db: Db, userId: string, kept: number): Promise<void> {
  await db`
    delete from devices
    where user_id = ${userId} and id not in (
      select id from devices where user_id = ${userId} order by last_seen_at desc, id desc limit ${kept}
    )
  `
}

export async function deleteDevices(db: Db, userId: string, keptSession: string | null): Promise<void> {
  await db`
    delete from devices
    where user_id = ${userId}
      and id is distinct from (select device_id from sessions where id = ${keptSession} and user_id = ${userId})
  `
}

export async function endTrust(db: Db, userId: string): Promise<void> {
  await db`
    update devices set second_factor_at = null, trusted_until = null
    where user_id = ${userId} and trusted_until is not null
  `
}
