import type { Db, Fragment } from '../db/client.ts'
import { isListed } from '../users/visibility.ts'
import { personColumns } from './columns.ts'
import type { ListedPerson } from './schemas.ts'

export type PlacedPerson = ListedPerson & { readonly relation_id: string }

export interface Place {
  readonly viewer_id: string | undefined
  /** Only what is older than the relation with this id. */
  readonly before: string | undefined
  readonly limit: number
}

export const listFollowers = (db: Db, userId: string, place: Place) =>
  listPeople(db, place, db`follows r join users u on u.id = r.follower_id`, db`r.followed_id = ${userId}`)

export const listFollowing = (db: Db, userId: string, place: Place) =>
  listPeople(db, place, db`follows r join users u on u.id = r.followed_id`, db`r.follower_id = ${userId}`)

/**
 * Of the followers those whom the viewer follows. From the side of the viewer, which the fences (`offset 0`) see to:
 * an artist may have followers without number, of whom they follow none.
 */
export const listMutualFollowers = (db: Db, userId: string, place: Place) =>
  listPeople(
    db,
    place,
    db`
      (
        select r.id, own.followed_id as follower_id
        from follows own
        cross join lateral (
          select f.id
          from follows f
          where f.follower_id = own.followed_id and f.followed_id = ${userId}
          offset 0
        ) r
        where own.follower_id = ${place.viewer_id ?? null}
        order by r.id desc
        offset 0
      ) r
      join users u on u.id = r.follower_id
    `,
    db`true`,
  )

async function listPeople(db: Db, { viewer_id, before, limit }: Place, source: Fragment, isOf: Fragment) {
  return db<PlacedPerson[]>`
    select ${personColumns(db, viewer_id)}, r.id as relation_id
    from ${source}
    where ${isOf} and ${isListed(db, viewer_id)}
      ${before === undefined ? db`` : db`and r.id < ${before}`}
    order by r.id desc
    limit ${limit}
  `
}

/** Also whoever is hidden by now: a block or a mute can be taken back from whomever it is on. */
export const listBlocked = (db: Db, blockerId: string, place: Omit<Place, 'viewer_id'>) =>
  listShutOut(db, blockerId, place, db`blocks r join users u on u.id = r.blocked_id`, db`r.blocker_id`)

export const listMuted = (db: Db, muterId: string, place: Omit<Place, 'viewer_id'>) =>
  listShutOut(db, muterId, place, db`mutes r join users u on u.id = r.muted_id`, db`r.muter_id`)

async function listShutOut(
  db: Db,
  userId: string,
  { before, limit }: Omit<Place, 'viewer_id'>,
  source: Fragment,
  owner: Fragment,
) {
  return db<PlacedPerson[]>`
    select ${personColumns(db, userId)}, r.id as relation_id
    from ${source}
    where ${owner} = ${userId} ${before === undefined ? db`` : db`and r.id < ${before}`}
    order by r.id desc
    limit ${limit}
  `
}
