import * as z from 'zod/mini'
import type { Actor } from '../auth/actor.ts'
import type { Db, Sql } from '../db/client.ts'
import { decodeCursor, encodeCursor, toPage } from '../http/cursor.ts'
import type { SearchUsers } from './schemas.ts'
import {
  type Asked,
  type FoundPerson,
  findSimilarWords,
  listByDisplayName,
  listByUsername,
  listByWords,
  readQuery,
} from './search-repository.ts'

export type UserSearch = ReturnType<typeof createUserSearch>

type Stage = (db: Db, asked: Asked) => Promise<readonly FoundPerson[]>

/** What is found by one is not found by the next, which is only asked when there is room left. */
const stages: readonly Stage[] = [listByUsername, listByDisplayName, listByWordsAsked, listByWordsMeant]

const cursorValues = z.union([
  z.tuple([z.literal([0, 1]), z.string().check(z.regex(/^[^\0]*$/)), z.uuid()]),
  z.tuple([z.literal([2, 3]), z.number(), z.uuid()]),
])

/** Finds users by their names: who is called just so, who is called so at first, and who nearly. */
export function createUserSearch({ sql }: { readonly sql: Sql }) {
  return async (actor: Actor | undefined, { q, limit, cursor }: SearchUsers) => {
    const scope = `users:${q}`
    const [first = 0, key, id] = cursor === undefined ? [] : decodeCursor(scope, cursor, cursorValues)
    const after = key === undefined || id === undefined ? undefined : { key, id }
    const query = { viewer_id: actor?.id, ...(await readQuery(sql, q)) }
    const rows: (FoundPerson & { stage: number })[] = []
    for (let stage = first; query.text !== '' && stage < stages.length && rows.length <= limit; stage++) {
      const place = { after: stage === first ? after : undefined, limit: limit + 1 - rows.length }
      const found = await stages[stage]!(sql, { ...query, ...place })
      rows.push(...found.map((row) => ({ ...row, stage })))
    }
    return toPage(rows, limit, (last) => encodeCursor(scope, [last.stage, last.key, last.id]))
  }
}

async function listByWordsAsked(db: Db, asked: Asked): Promise<readonly FoundPerson[]> {
  return asked.words.length === 0 ? [] : listByWords(db, asked, { query: toQuery(asked.words.map(only)) })
}

/** A name has few words, and each is looked for in a large vocabulary. */
const mostWordsMeant = 5

async function listByWordsMeant(db: Db, asked: Asked): Promise<readonly FoundPerson[]> {
  if (asked.words.length > mostWordsMeant) return []
  const similar = await findSimilarWords(db, asked.words)
  if (similar.every(({ length }) => length === 0)) return []
  const meant = asked.words.map((word, at) => [word, ...similar[at]!])
  return listByWords(db, asked, { query: toQuery(meant), but: toQuery(asked.words.map(only)) })
}

const only = (word: string) => [word]

/** Of each word one of its alternatives, the longer ones perhaps cut short. Words hold no quotation marks. */
const toQuery = (words: readonly (readonly string[])[]) =>
  words.map((alternatives) => `(${alternatives.map(toLexeme).join(' | ')})`).join(' & ')

const toLexeme = (word: string) => (word.length < 3 ? `'${word}'` : `'${word}':*`)
