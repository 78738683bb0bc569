import type { Db } from '../db/client.ts'
import { spellingsOf } from './address.ts'

export interface Standing {
  readonly bounced_at: Date | null
  readonly complained_at: Date | null
}

export async function findStanding(db: Db, mailbox: string): Promise<Standing | undefined> {
  const [row] = await db<[Standing?]>`
    select bounced_at, complained_at from mail_addresses where address = ${mailbox}
  `
  return row
}

export interface Trouble {
  readonly mailbox: string
  readonly kind: 'bounced' | 'complained' | 'transient'
  readonly diagnosis: string | null
  /** Whoever has shown since then that the address works is believed. */
  readonly as_of: string
}

/**
 * Writes down what became of a mail. False where that changes nothing: it was known, or is from before the address was
 * verified.
 */
export async function markTrouble(db: Db, trouble: Trouble, now: Date): Promise<boolean> {
  const { mailbox, kind, diagnosis, as_of } = trouble
  const at = (which: Trouble['kind']) => (which === kind ? now : null)
  const [row] = await db<[{ is_new: boolean }?]>`
    insert into mail_addresses as kept (
      address, bounced_at, complained_at, transient_count, last_transient_at, diagnosis, updated_at
    )
    select
      ${mailbox}, ${at('bounced')}::timestamptz, ${at('complained')}::timestamptz,
      ${kind === 'transient' ? 1 : 0}::integer, ${at('transient')}::timestamptz, ${diagnosis}, ${now}::timestamptz
    where not exists (
      select from users where email = any(${spellingsOf(mailbox)}) and email_verified_at > ${as_of}
    )
    on conflict (address) do update set
      bounced_at = coalesce(kept.bounced_at, excluded.bounced_at),
      complained_at = coalesce(kept.complained_at, excluded.complained_at),
      transient_count = kept.transient_count + excluded.transient_count,
      last_transient_at = coalesce(excluded.last_transient_at, kept.last_transient_at),
      diagnosis = coalesce(excluded.diagnosis, kept.diagnosis),
      updated_at = ${now}
    where kept.cleared_at is null or kept.cleared_at <= ${as_of}
    returning
      (new.bounced_at is not null and old.bounced_at is null)
      or (new.complained_at is not null and old.complained_at is null) as is_new
  `
  return row?.is_new ?? false
}

/** Whether there was any. Does nothing for an address that never had trouble. */
export async function clearTrouble(db: Db, mailbox: string, now: Date): Promise<boolean> {
  const [row] = await db<[{ was_in_trouble: boolean }?]>`
    update mail_addresses
    set bounced_at = null, complained_at = null, transient_count = 0, last_transient_at = null, diagnosis = null,
      cleared_at = ${now}, updated_at = ${now}
    where address = ${mailbox}
    returning old.bounced_at is not null or old.complained_at is not null as was_in_trouble
  `
  return row?.was_in_trouble ?? false
}

export async function deleteAddress(db: Db, mailbox: string): Promise<void> {
  await db`delete from mail_addresses where address = ${mailbox}`
}

export async function findEmail(db: Db, userId: string): Promise<string | undefined> {
  const [row] = await db<[{ email: string }?]>`
    select email from users where id = ${userId} and deleted_at is null
  `
  return row?.email
}

/** Whose address it is, whose row has changed in what it shows of it; nobody's where the account is gone or never was. */
export async function touchOwner(db: Db, spellings: readonly string[]): Promise<string | undefined> {
  const [row] = await db<[{ id: string }?]>`
    update users set revision = revision + 1
    where email = any(${spellings}) and deleted_at is null
    returning id
  `
  return row?.id
}
