import * as z from 'zod/mini'
import { page, timestamp } from '../http/route.ts'
import { track } from '../tracks/schemas.ts'

export const feedEntry = z
  .object({
    /** When it was published or last reposted, by those whom the reader follows. */
    at: timestamp,
    track,
    /** Who last reposted it; null where it is there as its artist published it. */
    reposted_by: z.nullable(z.object({ id: z.uuid(), username: z.string(), display_name: z.string() })),
  })
  .check(z.meta({ id: 'FeedEntry' }))

export const feedPage = page(feedEntry)
