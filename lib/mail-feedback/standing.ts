import type { Db, Fragment } from '../db/client.ts'
import { mailboxOf } from './address.ts'
import { clearTrouble, deleteAddress, findEmail, findStanding, touchOwner } from './repository.ts'
import type { EmailStatus } from './schemas.ts'

/** How it stands with mail to the address of a user, in a statement about `users`. */
export const emailStatus = (db: Db): Fragment => db`
  coalesce((
    select case when bounced_at is not null then 'unreachable' when complained_at is not null then 'unwanted' end
    from mail_addresses
    where address = users.email
  ), 'ok') as email_status
`

/** How it stands with mail to an address. */
export async function readEmailStatus(db: Db, address: string): Promise<EmailStatus> {
  const standing = await findStanding(db, mailboxOf(address))
  if (standing?.bounced_at) return 'unreachable'
  return standing?.complained_at ? 'unwanted' : 'ok'
}

/** Whether mail to the address of a user comes back, so that it can agree to nothing. */
export async function isUnreachable(db: Db, userId: string): Promise<boolean> {
  const email = await findEmail(db, userId)
  return email !== undefined && (await readEmailStatus(db, email)) === 'unreachable'
}

/**
 * Whoever follows a link that verifies the address of a user has shown that mail arrives, and is read by who wants it.
 * Whether there was any trouble with it.
 */
export async function clearEmailTrouble(tx: Db, userId: string, now: Date): Promise<boolean> {
  const email = await findEmail(tx, userId)
  if (email === undefined) return false
  const wasInTrouble = await clearTrouble(tx, mailboxOf(email), now)
  if (wasInTrouble) await touchOwner(tx, [email])
  return wasInTrouble
}

/** With the account: nothing is kept of an address that belongs to nobody here. */
export async function forgetAddressOf(tx: Db, userId: string): Promise<void> {
  const email = await findEmail(tx, userId)
  if (email !== undefined) await deleteAddress(tx, mailboxOf(email))
}
