import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, pageQuery, timestamp } from '../http/route.ts'
import { imageUrlField } from '../images/image-url.ts'
import { line, prose } from '../text.ts'
import { person } from '../users/person.ts'

/** Unlisted: whoever knows its address sees it. */
const playlistVisibility = z.enum(['public', 'unlisted', 'private'])

export const playlist = z.object({
  id: z.uuid(),
  owner: person,
  title: z.string(),
  description: z.string(),
  visibility: playlistVisibility,
  cover_url: imageUrlField,
  /** Of all items, also those whose track the caller may not see now. */
  item_count: z.int(),
  duration_ms: z.int(),
  like_count: z.int(),
  follower_count: z.int(),
  /** By the caller. */
  liked: z.boolean(),
  followed: z.boolean(),
  /** `edit` its items; `manage` all the rest. */
  access: z.object({ edit: z.boolean(), manage: z.boolean() }),
  /** Grows with every change of the playlist or its items. */
  revision: z.int(),
  created_at: timestamp,
  updated_at: timestamp,
})
export type Playlist = z.output<typeof playlist>

export const playlistPage = page(playlist)

const title = line(200).check(z.minLength(1))

export const createPlaylist = z.strictObject({
  title,
  description: z._default(prose(5000), ''),
  visibility: z._default(playlistVisibility, 'private'),
})
export type CreatePlaylist = z.output<typeof createPlaylist>

export const updatePlaylist = z.strictObject({
  title: z.optional(title),
  description: z.optional(prose(5000)),
  visibility: z.optional(playlistVisibility),
})
export type UpdatePlaylist = z.output<typeof updatePlaylist>

export const playlistParams = z.object({ playlist_id: id })

export const listPlaylists = z.strictObject({
  ...pageQuery.shape,
  /** Your own, those you work on with others or were let in to, or those you follow; all three unless said. */
  filter: z._default(z.enum(['all', 'owned', 'shared', 'followed']), 'all'),
})
export type ListPlaylists = z.output<typeof listPlaylists>
