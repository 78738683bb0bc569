import type { Actor } from '../auth/actor.ts'
import type { Suspension } from '../auth/suspension.ts'
import type { Db } from '../db/client.ts'

export interface Mute {
  readonly reason: string
  readonly muted_at: Date
  readonly muted_until: Date | null
}

export interface Chatter extends Suspension {
  readonly user_number: number
  readonly username: string
  readonly role: Actor['role']
  readonly email_verified_at: Date | null
  readonly mute_reason: string | null
  readonly muted_until: Date | null
}

export async function findChatter(db: Db, userId: string, now: Date): Promise<Chatter | undefined> {
  const [row] = await db<[Chatter?]>`
    select
      u.user_number, u.username, u.role, u.email_verified_at, u.suspended_at, u.suspended_until,
      m.reason as mute_reason, m.muted_until
    from users u
    left join chat_mutes m on m.user_id = u.id and (m.muted_until is null or m.muted_until > ${now})
    where u.id = ${userId} and u.deleted_at is null
  `
  return row
}

/** Locked, so that of two who mute one user at once the later has the last word. */
export async function lockTarget(db: Db, userId: string): Promise<Pick<Actor, 'role'> | undefined> {
  const [row] = await db<[Pick<Actor, 'role'>?]>`
    select role from users where id = ${userId} and deleted_at is null for no key update
  `
  return row
}

export async function upsertMute(
  db: Db,
  mute: Mute & { readonly user_id: string; readonly muted_by: string },
): Promise<void> {
  await db`
    insert into chat_mutes ${db({ ...mute })}
    on conflict (user_id) do update
    set muted_by = excluded.muted_by, reason = excluded.reason, muted_at = excluded.muted_at,
      muted_until = excluded.muted_until
  `
}

/** False where there was none, or it was over. */
export async function deleteMute(db: Db, userId: string, now: Date): Promise<boolean> {
  const rows = await db<{ is_over: boolean }[]>`
    delete from chat_mutes
    where user_id = ${userId}
    returning coalesce(muted_until <= ${now}, false) as is_over
  `
  return rows.some(({ is_over }) => !is_over)
}
