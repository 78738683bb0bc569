import type { Db } from '../db/client.ts'

export interface PasskeyRow {
  readonly id: string
  readonly name: string
  readonly transports: string[]
  readonly is_backed_up: boolean
  readonly created_at: Date
  readonly last_used_at: Date | null
}

const columns = (db: Db) => db`id, name, transports, is_backed_up, created_at, last_used_at`

export interface NewPasskey {
  readonly user_id: string
  readonly credential_id: Buffer
  readonly public_key: Buffer
  readonly sign_count: number
  readonly transports: readonly string[]
  readonly is_backed_up: boolean
  readonly aaguid: string
  readonly name: string
  readonly created_at: Date
}

/** Undefined where the credential is registered already, be it to somebody else. */
export async function insertPasskey(db: Db, passkey: NewPasskey): Promise<PasskeyRow | undefined> {
  const { transports, ...values } = passkey
  const [row] = await db<[PasskeyRow?]>`
    insert into passkeys ${db({ ...values, transports: db.array([...transports], 25) })}
    on conflict (credential_id) do nothing
    returning ${columns(db)}
  `
  return row
}

export async function countPasskeys(db: Db, userId: string): Promise<number> {
  const [row] = await db<[{ count: number }]>`
    select count(*) as count from passkeys where user_id = ${userId}
  `
  return row.count
}

export async function listPasskeys(
  db: Db,
  userId: string,
  { after, limit }: { readonly after: string | undefined; readonly limit: number },
): Promise<PasskeyRow[]> {
  return db<PasskeyRow[]>`
    select ${columns(db)}
    from passkeys
    where user_id = ${userId} and ${after === undefined ? db`true` : db`id > ${after}`}
    order by id
    limit ${limit + 1}
  `
}

export interface CredentialRow {
  readonly credential_id: Buffer
  readonly transports: string[]
}

export async function listCredentials(db: Db, userId: string): Promise<CredentialRow[]> {
  return db<CredentialRow[]>`
    select credential_id, transports from passkeys where user_id = ${userId} order by id
  `
}

export interface StoredPasskey {
  readonly id: string
  readonly user_id: string
  readonly public_key: Buffer
}

export async function findByCredential(db: Db, credentialId: Buffer): Promise<StoredPasskey | undefined> {
  const [row] = await db<[StoredPasskey?]>`
    select id, user_id, public_key from passkeys where credential_id = ${credentialId}
  `
  return row
}

export interface Use {
  readonly sign_count: number
  readonly is_backed_up: boolean
  readonly last_used_at: Date
}

/**
 * False where the counter has not grown: there is a copy of the key, or the answer is an old one.
 * Authenticators that do not count say 0 for ever.
 */
export async function markUsed(db: Db, id: string, use: Use): Promise<boolean> {
  const { count } = await db`
    update passkeys set ${db({ ...use })}
    where id = ${id} and (sign_count < ${use.sign_count} or (sign_count = 0 and ${use.sign_count} = 0))
  `
  return count === 1
}

export async function renamePasskey(
  db: Db,
  userId: string,
  id: string,
  name: string,
): Promise<PasskeyRow | undefined> {
  const [row] = await db<[PasskeyRow?]>`
    update passkeys set name = ${name} where id = ${id} and user_id = ${userId} returning ${columns(db)}
  `
  return row
}

export async function deletePasskeysSince(db: Db, userId: string, since: Date): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    delete from passkeys where user_id = ${userId} and created_at >= ${since} returning id
  `
  return rows.map(({ id }) => id)
}

export async function deletePasskey(db: Db, userId: string, id: string): Promise<boolean> {
  const { count } = await db`delete from passkeys where id = ${id} and user_id = ${userId}`
  return count === 1
}
