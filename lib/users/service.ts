import type { Origin } from '../audit/record.ts'
import type { Actor } from '../auth/actor.ts'
import type { Sql } from '../db/client.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { AppError } from '../errors.ts'
import type { Confirm } from '../http/etag.ts'
import { addToOutbox, type OutboxRelay } from '../outbox.ts'
import { type Completion, completionOf } from './completion.ts'
import { prepareRename } from './rename.ts'
import {
  findNamedUser,
  findProfile,
  findProfileFacts,
  findSettings,
  findUser,
  lockSettings,
  lockUser,
  markUpdated,
  mergeSettings,
  type ProfileRow,
  type StoredSettings,
  type UserRow,
} from './repository.ts'
import type { NamedUser, UpdateUser } from './schemas.ts'
import { defaultSettings, type Settings, type UpdateSettings } from './settings.ts'
import { findNewUsername } from './username-repository.ts'

export interface UserDependencies {
  readonly sql: Sql
  /** Without it a change of a profile is told of once the outbox is swept. */
  readonly relay?: Pick<OutboxRelay, 'flushSoon'>
  readonly now?: () => Date
}

export type UserService = ReturnType<typeof createUserService>

export type SettingsRow = Settings & { readonly revision: number }

export function createUserService({ sql, relay, now = () => new Date() }: UserDependencies) {
  const followName = async (actor: Actor | undefined, username: string) => ({
    moved_to: mustExist(await findNewUsername(sql, username, actor?.id, now())),
  })

  return {
    get: async (id: string): Promise<UserRow> => mustExist(await findUser(sql, id)),

    async getProfile(actor: Actor | undefined, username: string): Promise<Found<ProfileRow>> {
      const user = await findProfile(sql, username, actor?.id)
      if (!user) return followName(actor, username)
      return { user: user.id === actor?.id ? user : toPublic(user) }
    },

    findByName: async (actor: Actor | undefined, username: string): Promise<Found<NamedUser>> => {
      const user = await findNamedUser(sql, username, actor?.id)
      return user ? { user } : followName(actor, username)
    },

    /** Also somebody whom the actor does not see any more: to undo what they did to them. */
    findToUndo: async (actor: Actor, username: string): Promise<Found<NamedUser>> => {
      const user = await findNamedUser(sql, username, actor.id, { evenIfHidden: true })
      return user ? { user } : followName(actor, username)
    },

    async update(actor: Actor, changes: UpdateUser, origin: Origin, confirm: Confirm): Promise<UserRow> {
      const change = sql.begin(async (tx) => {
        const row = mustExist(await lockUser(tx, actor.id))
        confirm(row)
        const { username } = changes
        if (Object.keys(changes).length === 0) return row
        if (username !== undefined && username !== row.username) {
          await prepareRename(tx, row, username, { ...origin, session_id: actor.session_id }, now())
        }
        await addToOutbox(tx, 'user.updated', { user_id: actor.id }, origin.requestId)
        return markUpdated(tx, actor.id, changes, now())
      })
      // The name is all that is unique among the changes: somebody else was faster.
      const updated = await change.catch((error: unknown) => {
        throw isUniqueViolation(error) ? new AppError('username_taken') : error
      })
      await relay?.flushSoon()
      return updated
    },

    getSettings: async (id: string): Promise<SettingsRow> =>
      withDefaults(mustExist(await findSettings(sql, id))),

    async updateSettings(id: string, changes: UpdateSettings, confirm: Confirm): Promise<SettingsRow> {
      const settings = await sql.begin(async (tx) => {
        const row = mustExist(await lockSettings(tx, id))
        confirm(row)
        if (Object.keys(changes).length === 0) return withDefaults(row)
        const before = withDefaults(row)
        const after = withDefaults(await mergeSettings(tx, id, changes))
        const isSeen = after.profile_visibility !== before.profile_visibility
        if (isSeen) await addToOutbox(tx, 'user.updated', { user_id: id })
        return after
      })
      if (changes.profile_visibility !== undefined) await relay?.flushSoon()
      return settings
    },

    getCompletion: async (id: string): Promise<Completion> =>
      completionOf(mustExist(await findProfileFacts(sql, id))),
  }
}

/** The user of a name, or the name that they have by now. */
export type Found<T> = { readonly user: T } | { readonly moved_to: string }

/** A private profile keeps its shape, so that clients need not know of it, and says nothing. */
const toPublic = (user: ProfileRow): ProfileRow => (user.is_private ? { ...user, ...nothing } : user)

const nothing = {
  bio: '',
  location: '',
  website: null,
  social_links: {},
  follower_count: null,
  following_count: null,
}

const withDefaults = ({ settings, revision }: StoredSettings): SettingsRow => ({
  ...defaultSettings,
  ...settings,
  revision,
})

function mustExist<T>(row: T | undefined): T {
  if (!row) throw new AppError('not_found')
  return row
}
