import * as z from 'zod/mini'
import { id } from '../http/id.ts'
import { page, timestamp } from '../http/route.ts'
import { track } from '../tracks/schemas.ts'
import { person } from '../users/person.ts'

export const mostItems = 10_000

export const item = z.object({
  /** Stays the same wherever the item is moved to. */
  id: z.uuid(),
  track,
  /** Null where they are gone, or hidden from the caller. */
  added_by: z.nullable(person),
  added_at: timestamp,
  /** From 1; it counts the items that the caller may not see as well, so that everybody means the same by it. */
  position: z.int(),
})
export type Item = z.output<typeof item>

export const itemPage = page(item)

export const itemParams = z.object({ playlist_id: id, item_id: id })

export const addItem = z.strictObject({
  track_id: id,
  /** The item it goes behind: null to the front, to the end unless said. */
  after: z.optional(z.nullable(id)),
  /** Else the item that holds the track already is the answer. */
  allow_duplicates: z._default(z.boolean(), false),
})
export type AddItem = z.output<typeof addItem>

export const moveItem = z.strictObject({
  /** The item it goes behind; null to the front. */
  after: z.nullable(id),
})

export const replaceItems = z.strictObject({
  track_ids: z.array(id).check(z.maxLength(mostItems)),
})
