import { etagOf, etagOfShown } from '../lib/http/etag.ts'
import { Reply } from '../lib/http/route.ts'

interface Row {
  readonly revision: number
}

/** A row that is shown as it stands, under its revision. */
export const replyRow = <T extends Row>(row: T) => new Reply(row, { etag: etagOf(row) })

/** A row with what is counted and decided beside it. */
export const replyShown = <T extends Row>(row: T) => new Reply(row, { etag: etagOfShown(row) })
