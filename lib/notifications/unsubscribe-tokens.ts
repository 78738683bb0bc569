import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Db } from '../db/client.ts'
import { findMailKey, keepMailKey } from './mail-readers-repository.ts'
import { isMailScope, type MailScope } from './unsubscribe-scopes.ts'

const idBytes = 16
const proofBytes = 32
/** For those who have no key, so that they take as long as others. */
const nobodysKey = randomBytes(32)

export interface Unsubscribing {
  readonly user_id: string
  readonly scope: MailScope
}

/**
 * Names a user and what is to be switched off, and nothing else can be done with it. Signed under a key that is the
 * user's own and stays as long as they do: mails are kept for years, and no rotation may break what they promise.
 */
export async function issueUnsubscribeToken(db: Db, userId: string, scope: MailScope): Promise<string> {
  const key = (await findMailKey(db, userId)) ?? (await keepMailKey(db, userId, randomBytes(32)))
  const named = Buffer.concat([Buffer.from(userId.replaceAll('-', ''), 'hex'), Buffer.from(scope)])
  return Buffer.concat([prove(key, named), named]).toString('base64url')
}

/** Undefined for whatever was not issued so. */
export async function readUnsubscribeToken(db: Db, token: string): Promise<Unsubscribing | undefined> {
  const bytes = Buffer.from(token, 'base64url')
  // Node takes what is not of the alphabet for nothing; a token has one spelling.
  if (bytes.length <= proofBytes + idBytes || bytes.toString('base64url') !== token) return undefined
  const named = bytes.subarray(proofBytes)
  const user_id = toUuid(named.subarray(0, idBytes))
  const scope = named.subarray(idBytes).toString('latin1')
  const key = (await findMailKey(db, user_id)) ?? nobodysKey
  const isProven = timingSafeEqual(prove(key, named), bytes.subarray(0, proofBytes))
  return isProven && isMailScope(scope) ? { user_id, scope } : undefined
}

const prove = (key: Buffer, named: Buffer) =>
  createHmac('sha256', key).update('unsubscribe:').update(named).digest()

function toUuid(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
