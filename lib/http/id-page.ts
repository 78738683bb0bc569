import * as z from 'zod/mini'
import { decodeCursor, encodeCursor, toPage } from './cursor.ts'
import type { PageQuery } from './route.ts'

const position = z.tuple([z.uuid()])

/** A page of a list that is in the order of its ids, and so goes on from the last one; `key` is where they stand. */
export async function pageById<T extends Readonly<Record<K, string>>, K extends string = 'id'>(
  scope: string,
  { limit, cursor }: PageQuery,
  list: (from: string | undefined, limit: number) => PromiseLike<readonly T[]>,
  key: K = 'id' as K,
) {
  const [from] = cursor === undefined ? [] : decodeCursor(scope, cursor, position)
  return toPage(await list(from, limit + 1), limit, (last) => encodeCursor(scope, [last[key]]))
}
