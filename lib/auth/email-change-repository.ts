import type { Db } from '../db/client.ts'

export interface NewEmailChange {
  readonly user_id: string
  readonly new_email: string
  /** That it was asked for in, and that outlives it. */
  readonly session_id: string
  readonly created_at: Date
  readonly expires_at: Date
}

/** Takes the place of one that was asked for before. */
export async function replaceEmailChange(db: Db, change: NewEmailChange): Promise<void> {
  await db`
    insert into email_changes ${db({ ...change }, 'user_id', 'new_email', 'session_id', 'created_at', 'expires_at')}
    on conflict (user_id) do update
    set new_email = excluded.new_email, session_id = excluded.session_id, created_at = excluded.created_at,
      expires_at = excluded.expires_at, old_confirmed_at = null, new_confirmed_at = null
  `
}

export interface ConfirmedChange {
  readonly user_id: string
  readonly old_email: string
  readonly new_email: string
  readonly session_id: string | null
  readonly is_complete: boolean
}

export interface Confirmation {
  readonly user_id: string
  readonly purpose: 'change_email_old' | 'change_email_new'
  /** The old address takes no mail any more: it is not waited for. */
  readonly isOldGone: boolean
  readonly now: Date
}

/** Notes which address has agreed. Locks the change, so that of two that agree at once the second sees the first. */
export async function markConfirmed(db: Db, { user_id, purpose, isOldGone, now }: Confirmation) {
  const [row] = await db<[ConfirmedChange?]>`
    update email_changes change
    set ${purpose === 'change_email_old' ? db`old_confirmed_at = ${now}` : db`new_confirmed_at = ${now}`}
    from users
    where user_id = ${user_id} and change.expires_at > ${now} and users.id = user_id and deleted_at is null
    returning user_id, email as old_email, new_email, session_id,
      (old_confirmed_at is not null or ${isOldGone}) and new_confirmed_at is not null as is_complete
  `
  return row
}

/** False when somebody else has the address by now. */
export async function markEmailChanged(db: Db, { user_id, new_email }: ConfirmedChange, now: Date) {
  const { count } = await db`
    update users
    set email = ${new_email}, email_verified_at = ${now}, updated_at = ${now}, revision = revision + 1
    where id = ${user_id} and not exists (select from users where email = ${new_email})
  `
  return count === 1
}

export async function deleteEmailChange(db: Db, userId: string): Promise<void> {
  await db`delete from email_changes where user_id = ${userId}`
}
