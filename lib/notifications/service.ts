import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { micros } from '../db/micros.ts'
import { AppError } from '../errors.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import type { Confirm } from '../http/etag.ts'
import { pageById } from '../http/id-page.ts'
import type { PageQuery } from '../http/route.ts'
import {
  findChoices,
  listMutedTracks,
  lockChoices,
  muteTrack,
  unmuteTrack,
  updateChoices,
} from './choices-repository.ts'
import type { NotificationKind } from './kinds.ts'
import { mergeChoices, type Preferences, type UpdatePreferences, withDefaults } from './preferences.ts'
import { countUnread, listNotifications, markRead, type NotificationRow } from './repository.ts'
import type { ListNotifications, MarkRead, Notification } from './schemas.ts'
import { kindsOf } from './unsubscribe-scopes.ts'
import { readUnsubscribeToken } from './unsubscribe-tokens.ts'

export interface NotificationDependencies {
  readonly sql: Sql
  readonly now?: () => Date
}

export type NotificationService = ReturnType<typeof createNotificationService>

export type PreferencesRow = Preferences & { readonly revision: number }

const place = z.tuple([micros, z.uuid()])

/** What a user reads of what they are told, and what they choose to be told of. */
export function createNotificationService({ sql, now = () => new Date() }: NotificationDependencies) {
  return {
    async list({ id }: Actor, { limit, cursor, unread_only }: ListNotifications) {
      const scope = `notifications:${id}:${unread_only}`
      const before = cursor === undefined ? undefined : decodeCursor(scope, cursor, place)
      const rows = await listNotifications(sql, id, { unread_only, before, limit: limit + 1 })
      const page = toPage(rows, limit, (last) => encodeCursor(scope, [last.changed_at, last.id]))
      return { ...page, data: page.data.map(toNotification) }
    },

    countUnread: async ({ id }: Actor) => ({ unread_count: await countUnread(sql, id) }),

    markRead: ({ id }: Actor, which: MarkRead): Promise<void> => markRead(sql, id, which, now()),

    async getPreferences({ id }: Actor): Promise<PreferencesRow> {
      const { choices = {}, revision = 0 } = (await findChoices(sql, id)) ?? {}
      return { ...withDefaults(choices), revision }
    },

    updatePreferences: (
      { id }: Actor,
      changes: UpdatePreferences,
      confirm: Confirm,
    ): Promise<PreferencesRow> =>
      sql.begin(async (tx) => {
        const row = await lockChoices(tx, id)
        confirm(row)
        const isChange = Object.keys(changes).length > 0
        const { choices, revision } = isChange
          ? await updateChoices(tx, id, mergeChoices(row.choices, changes))
          : row
        return { ...withDefaults(choices), revision }
      }),

    /** A change of preferences like any other, by whoever has a mail in hand; again, it changes nothing. */
    async unsubscribe(token: string) {
      const named = await readUnsubscribeToken(sql, token)
      if (!named) throw new AppError('invalid_token')
      const kinds = kindsOf(named.scope)
      await sql.begin((tx) => switchOffMails(tx, named.user_id, kinds))
      return { kinds: [...kinds] }
    },

    listMutedTracks: ({ id }: Actor, query: PageQuery) =>
      pageById(`muted-tracks:${id}`, query, (before, limit) => listMutedTracks(sql, id, before, limit)),

    async muteTrack({ id }: Actor, trackId: string): Promise<void> {
      if (!(await muteTrack(sql, id, trackId, now()))) throw new AppError('not_found')
    },

    unmuteTrack: ({ id }: Actor, trackId: string): Promise<void> => unmuteTrack(sql, id, trackId),
  }
}

async function switchOffMails(tx: Db, userId: string, kinds: readonly NotificationKind[]): Promise<void> {
  const { choices } = await lockChoices(tx, userId)
  const present = withDefaults(choices)
  const on = kinds.filter((kind) => present[kind].email)
  if (on.length === 0) return
  const changes: UpdatePreferences = Object.fromEntries(on.map((kind) => [kind, { email: false }]))
  await updateChoices(tx, userId, mergeChoices(choices, changes))
}

/** What is not there, or not for the reader, is left out. */
const toNotification = (told: NotificationRow): Notification => {
  const { track, playlist, comment, order, payout, offer, endpoint, ...row } = told
  return {
    ...row,
    ...(track && { track }),
    ...(playlist && { playlist }),
    ...(comment && { comment }),
    ...(order && { order }),
    ...(payout && { payout }),
    ...(offer && { offer }),
    ...(endpoint && { endpoint }),
  }
}
