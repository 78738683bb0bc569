import * as z from 'zod/mini'
import { page, timestamp } from '../http/route.ts'
import { track } from '../tracks/schemas.ts'
import { person } from '../users/person.ts'

const feedEntry = z
  .object({
    /** When it was published or last reposted, by those whom the reader follows. */
    at: timestamp,
    track,
    /** Who last reposted it; null where it is there as its artist published it. */
    reposted_by: z.nullable(person),
  })
  .check(z.meta({ id: 'FeedEntry' }))

export const feedPage = page(feedEntry)
