import type { Db } from '../db/client.ts'
import type { PublicJwk } from './certificate-schemas.ts'

export interface PublishedKey {
  readonly kid: string
  readonly public_jwk: PublicJwk
}

/** Oldest first. */
export const listPublishedKeys = (db: Db) => db<PublishedKey[]>`
  select kid, public_jwk from license_keys order by created_at, kid
`

export async function findPublishedKey(db: Db, kid: string): Promise<PublicJwk | undefined> {
  const [row] = await db<[PublishedKey?]>`select kid, public_jwk from license_keys where kid = ${kid}`
  return row?.public_jwk
}

/** Nothing changes where the name is known. */
export async function insertPublishedKey(
  db: Db,
  { kid, public_jwk }: PublishedKey,
  now: Date,
): Promise<void> {
  await db`
    insert into license_keys (kid, public_jwk, created_at)
    values (${kid}, ${db.json(public_jwk)}, ${now})
    on conflict (kid) do nothing
  `
}
