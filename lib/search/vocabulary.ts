import type { Db } from '../db/client.ts'

const mostSimilar = 4

/** What each word may have meant, itself first; undefined where all of them are known, or none has a neighbour. */
export async function findSimilarWords(
  db: Db,
  words: readonly string[],
): Promise<readonly (readonly string[])[] | undefined> {
  const rows = await db<{ place: number; similar: string[] }[]>`
    select asked.place::int, array(
      select near.word
      from (
        select word from search_typos where variant = any(asked.shorter || asked.word)
        union
        select word from search_vocabulary where word = any(asked.shorter)
      ) near
      where near.word <> asked.word
      order by similarity(near.word, asked.word) desc, near.word
      limit ${mostSimilar}
    ) as similar
    from (
      select word, place, array(select typos_of(word)) as shorter
      from unnest(${words}::text[]) with ordinality as words (word, place)
    ) asked
    order by asked.place
  `
  if (rows.every(({ similar }) => similar.length === 0)) return undefined
  return rows.map(({ place, similar }) => [words[place - 1]!, ...similar])
}
