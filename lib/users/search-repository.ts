import type { Db } from '../db/client.ts'
import { personColumns } from '../relations/columns.ts'
import type { ListedPerson } from '../relations/schemas.ts'
import { isListed } from './visibility.ts'

export interface Asked {
  readonly viewer_id: string | undefined
  /** Folded. */
  readonly text: string
  readonly words: readonly string[]
  /** Only what comes after this one, in the order of the list. */
  readonly after: { readonly key: string | number; readonly id: string } | undefined
  readonly limit: number
}

/** `key` is what the list is sorted by, before the id. */
export type FoundPerson = ListedPerson & { readonly key: string | number }

export async function readQuery(db: Db, q: string): Promise<Pick<Asked, 'text' | 'words'>> {
  const [row] = await db<[{ text: string; words: string[] }]>`
    select fold(${q}) as text, name_words('', ${q}) as words
  `
  return row
}

/** No character comes after it. */
const last = '\u{10ffff}'

/** The one who is called just so comes first, being the shortest. */
export const listByUsername = async (db: Db, { viewer_id, text, after, limit }: Asked) => db<FoundPerson[]>`
  select ${personColumns(db, viewer_id)}, u.username as key
  from users u
  where u.username collate "C" >= ${text} and u.username collate "C" < ${text + last}
    and ${isListed(db, viewer_id)}
    ${after ? db`and u.username collate "C" > ${after.key}` : db``}
  order by u.username collate "C"
  limit ${limit}
`

export const listByDisplayName = async (db: Db, { viewer_id, text, after, limit }: Asked) => db<
  FoundPerson[]
>`
  select ${personColumns(db, viewer_id)}, u.folded_name as key
  from users u
  where u.folded_name collate "C" >= ${text} and u.folded_name collate "C" < ${text + last}
    and not starts_with(u.username, ${text}) and ${isListed(db, viewer_id)}
    ${after ? db`and (u.folded_name collate "C", u.id) > (${after.key}, ${after.id})` : db``}
  order by u.folded_name collate "C", u.id
  limit ${limit}
`

/** Of so many is told which are nearest: a common word is in the names of thousands. */
const mostCompared = 200

export interface Wording {
  /** What must be in the names, as a tsquery. */
  readonly query: string
  /** What was listed already by another wording. */
  readonly but?: string
}

/** By the words of the names, in whatever order; what is most like the text comes first. */
export const listByWords = async (db: Db, asked: Asked, { query, but }: Wording) => {
  const { viewer_id, text, after, limit } = asked
  return db<FoundPerson[]>`
    with found as materialized (
      select u.id, similarity(u.username || ' ' || u.folded_name, ${text})::float8 as likeness
      from users u
      where u.names @@ ${query}::tsquery ${but === undefined ? db`` : db`and not u.names @@ ${but}::tsquery`}
        and not starts_with(u.username, ${text}) and not starts_with(u.folded_name, ${text})
        and ${isListed(db, viewer_id)}
      limit ${mostCompared}
    )
    select ${personColumns(db, viewer_id)}, found.likeness as key
    from found
    join users u on u.id = found.id
    ${after ? db`where (found.likeness, found.id) < (${after.key}, ${after.id})` : db``}
    order by found.likeness desc, found.id desc
    limit ${limit}
  `
}

const mostSimilar = 5

/**
 * For each word, in their order, those that it may have been meant for: first with two letters that changed places,
 * the commonest slip. Those with the same first letter are compared one by one (1 to 4 ms of 135 000 words);
 * trigrams, which find a wrong first letter too, take ten times as long, and are asked where nothing else is near.
 */
export async function findSimilarWords(db: Db, words: readonly string[]): Promise<readonly string[][]> {
  const rows = await db<{ similar: string[] }[]>`
    select array(
      with close as materialized (
        select v.word, 0 as slips
        from name_vocabulary v
        -- As an array: the planner takes a series for a thousand words, and reads the whole vocabulary.
        where v.word = any(array(
          select overlay(asked.word placing reverse(substr(asked.word, at, 2)) from at for 2)
          from generate_series(1, length(asked.word) - 1) as at
        ))
        union all
        select v.word, levenshtein(v.word, asked.word)
        from name_vocabulary v
        where v.word >= left(asked.word, 1) and v.word < left(asked.word, 1) || ${last}
          and length(v.word) between length(asked.word) - 2 and length(asked.word) + 2
          and levenshtein_less_equal(v.word, asked.word, 2) <= least(2, length(asked.word) / 2)
      )
      select near.word
      from (
        select word, slips from close
        union all
        select v.word, levenshtein(v.word, asked.word)
        from name_vocabulary v
        where v.word % asked.word and not exists (select from close where close.word <> asked.word)
      ) near
      where length(asked.word) >= 3 and near.word <> asked.word
      group by near.word
      order by min(near.slips), similarity(near.word, asked.word) desc, near.word
      limit ${mostSimilar}
    ) as similar
    from unnest(${words}::text[]) with ordinality as asked (word, place)
    order by asked.place
  `
  return rows.map(({ similar }) => similar)
}
