import * as z from 'zod/mini'
import type { Db } from '../../db/client.ts'
import { user as userView } from '../../users/schemas.ts'
import { definePublicEvent } from '../define.ts'

/** The texts and links are read from the profile. */
const user = z.pick(userView, {
  id: true,
  username: true,
  display_name: true,
  role: true,
  location: true,
  is_verified: true,
  is_private: true,
  created_at: true,
  updated_at: true,
})
type User = z.output<typeof user>

async function findUser(db: Db, userId: string): Promise<User | undefined> {
  const [row] = await db<[User?]>`
    select
      id, username, display_name, role, location, is_verified,
      coalesce(settings->>'profile_visibility' = 'private', false) as is_private, created_at, updated_at
    from users
    where id = ${userId} and deleted_at is null
  `
  return row
}

const userUpdated = definePublicEvent({
  type: 'user.updated',
  version: '2026-12-01',
  description:
    'Your profile changed where others see it: names, texts, links, picture, role, or whether it is private. To the user.',
  resource: 'user',
  data: z.object({ user }),
  example: {
    user: {
      id: '01936f6e-7d00-7a53-b1c4-5f0f6a3f9b00',
      username: 'ada',
      display_name: 'Ada',
      role: 'creator',
      location: 'Lisbon',
      is_verified: false,
      is_private: false,
      created_at: '2026-11-01T09:00:00.000Z',
      updated_at: '2026-12-01T09:00:00.000Z',
    },
  },
  build: async (db, { user_id }) => {
    const found = await findUser(db, user_id)
    return found ? [{ account_id: user_id, data: { user: found } }] : []
  },
})

export const peopleEvents = [userUpdated] as const
