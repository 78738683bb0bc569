import type { Db } from '../db/client.ts'
import { isShown } from './visibility.ts'

/** Whether somebody else has the name, or it is kept from everybody but its former owner. */
export async function isUsernameTaken(db: Db, username: string, userId: string, now: Date): Promise<boolean> {
  const [{ is_taken }] = await db<[{ is_taken: boolean }]>`
    select
      exists (select from users where username = ${username})
        or exists (
          select from username_holds
          where username = ${username} and held_until > ${now} and user_id is distinct from ${userId}
        ) as is_taken
  `
  return is_taken
}

/** Whether it is a name that the user gave up not long ago. */
export async function holdsUsername(db: Db, username: string, userId: string, now: Date): Promise<boolean> {
  const [row] = await db<[{ username: string }?]>`
    select username from username_holds
    where username = ${username} and held_until > ${now} and user_id = ${userId}
  `
  return row !== undefined
}

export async function deleteUsernameHold(db: Db, username: string): Promise<void> {
  await db`delete from username_holds where username = ${username}`
}

/** Without a user the name leads nowhere while it is held. */
export async function holdUsername(
  db: Db,
  username: string,
  userId: string | null,
  heldUntil: Date,
): Promise<void> {
  await db`
    insert into username_holds (username, user_id, held_until) values (${username}, ${userId}, ${heldUntil})
    on conflict (username) do update set user_id = excluded.user_id, held_until = excluded.held_until
  `
}

export async function markUsernameChanged(db: Db, userId: string, now: Date): Promise<void> {
  await db`update users set username_changed_at = ${now} where id = ${userId}`
}

/** The present name of whoever gave this one up, where they are to be seen. */
export async function findNewUsername(
  db: Db,
  formerName: string,
  viewerId: string | undefined,
  now: Date,
): Promise<string | undefined> {
  const [row] = await db<[{ username: string }?]>`
    select u.username
    from username_holds hold
    join users u on u.id = hold.user_id
    where hold.username = ${formerName} and hold.held_until > ${now} and ${isShown(db, viewerId)}
  `
  return row?.username
}
