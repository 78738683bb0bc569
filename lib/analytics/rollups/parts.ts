import type { Db, Fragment } from '../../db/client.ts'

/** Some of the subjects: those whose hash leaves `part` when it is divided by `count`. */
export interface Part {
  readonly part: number
  readonly count: number
}

export const isIn = (db: Db, subjectId: Fragment, { part, count }: Part): Fragment =>
  count === 1 ? db`true` : db`(uuid_hash(${subjectId}) & 2147483647) % ${count} = ${part}`

/** So many raw rows one statement sums up in a third of the scheduler's deadline, as `npm run bench -- rollups` shows. */
export const mostRows = 200_000

/** As many parts as so many raw rows need, for whatever sums up one of them in a statement. */
export async function inParts(
  rows: number,
  most: number,
  sumUp: (part: Part) => Promise<void>,
): Promise<void> {
  const count = Math.max(1, Math.ceil(rows / most))
  for (let part = 0; part < count; part++) await sumUp({ part, count })
}
