import type { ReadPage, Row } from './personal-data.ts'

const readChatMute: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select user_id as id, reason, muted_at, muted_until
  from chat_mutes
  where user_id = ${user_id} and user_id > ${after}
  limit ${limit}
`

const readRevocations: ReadPage = (db, { user_id, after, limit }) => db<Row[]>`
  select id, kind, reason, session_id, revoked_at, expires_at
  from revocations
  where user_id = ${user_id} and id > ${after}
  order by id
  limit ${limit}
`

/** What keeps the user out of the chat, and what was told of them to the servers beside us. */
export const chatData: Readonly<Record<string, ReadPage>> = {
  'chat-mute.json': readChatMute,
  'revocations.json': readRevocations,
}
