import type { Db } from '../db/client.ts'
import type { Revocation } from './schemas.ts'

export interface Times {
  readonly revoked_at: Date
  readonly expires_at: Date
}

export interface RevokedUser extends Times {
  readonly kind: 'user' | 'chat_mute'
  readonly user_id: string
  readonly reason: string
}

export async function insertUser(db: Db, { kind, user_id, reason, ...times }: RevokedUser): Promise<void> {
  await db`
    insert into revocations (kind, reason, user_id, user_number, revoked_at, expires_at)
    select ${kind}, ${reason}, id, user_number, ${times.revoked_at}, ${times.expires_at}
    from users
    where id = ${user_id}
  `
}

export interface RevokedSessions extends Times {
  readonly session_ids: readonly string[]
  readonly reason: string
}

export async function insertSessions(
  db: Db,
  { session_ids, reason, ...times }: RevokedSessions,
): Promise<void> {
  await db`
    insert into revocations (kind, reason, user_id, user_number, session_id, revoked_at, expires_at)
    select 'session', ${reason}, u.id, u.user_number, s.id, ${times.revoked_at}, ${times.expires_at}
    from sessions s
    join users u on u.id = s.user_id
    where s.id = any(${session_ids}::uuid[])
  `
}

export interface RevokedVersion extends Times {
  readonly version_id: string
  readonly reason: string
}

export async function insertVersion(db: Db, { version_id, reason, ...times }: RevokedVersion): Promise<void> {
  await db`
    insert into revocations (kind, reason, version_id, revoked_at, expires_at)
    values ('version', ${reason}, ${version_id}, ${times.revoked_at}, ${times.expires_at})
  `
}

/** Of every version of a track that has a stream, since any of them may have played within the life of a token. */
export async function insertVersionsOf(
  db: Db,
  { track_id, reason, ...times }: Times & { readonly track_id: string; readonly reason: string },
): Promise<void> {
  await db`
    insert into revocations (kind, reason, version_id, revoked_at, expires_at)
    select 'version', ${reason}, id, ${times.revoked_at}, ${times.expires_at}
    from track_versions
    where track_id = ${track_id} and ready_at is not null and removed_at is null and withdrawn_at is null
  `
}

/** A place in the list: it is in the order of the transactions that wrote it. */
export interface Position {
  readonly xact: number
  readonly id: string
}

export interface RevocationRow extends Revocation {
  readonly xact: number
  /** Whether every transaction up to its own has ended, so that nothing can come before it any more. */
  readonly is_settled: boolean
}

export interface RevocationFilter {
  readonly after: Position
  readonly since: Date | undefined
  readonly limit: number
}

/** A place that this database has not reached yet is of another one, and the list begins anew. */
export async function listRevocations(
  db: Db,
  { after, since, limit }: RevocationFilter,
  now: Date,
): Promise<RevocationRow[]> {
  const xact = db`(
    select case when ${after.xact}::bigint < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
      then ${after.xact}::bigint else 0 end
  )`
  return db<RevocationRow[]>`
    select
      id, kind, reason, user_id, user_number, session_id, version_id, revoked_at, expires_at, xact,
      xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint as is_settled
    from revocations
    where (xact, id) > (${xact}, ${after.id}::uuid) and expires_at > ${now}
      ${since === undefined ? db`` : db`and revoked_at >= ${since}`}
    order by revocations.xact, id
    limit ${limit}
  `
}
