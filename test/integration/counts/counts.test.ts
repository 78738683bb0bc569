import { randomUUID } from 'node:crypto'
import { addToCount, countOf, countsOf, foldCounts } from '../../../lib/counts/counts.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()

const read = async (id: string) => {
  const [row] = await sql<[{ like_count: number; play_count: number; single: number }]>`
    select n.like_count, n.play_count, ${countOf(sql, 'like_count', sql`s.id`)} as single
    from (select ${id}::uuid as id) s ${countsOf(sql, sql`s.id`, ['like_count', 'play_count'])}
  `
  return row
}

test('counts at once, and the same after they are folded in', async () => {
  const id = randomUUID()
  for (const delta of [1, 1, -1, 1] as const) await addToCount(sql, 'like_count', id, delta)
  await addToCount(sql, 'play_count', id, 1)
  const before = await read(id)

  expect(await foldCounts(sql)).toBe(5)
  await addToCount(sql, 'like_count', id, 1)

  expect(before).toEqual({ like_count: 2, play_count: 1, single: 2 })
  expect(await read(id)).toEqual({ like_count: 3, play_count: 1, single: 3 })
})

test('a thing that nobody counted on counts nothing', async () => {
  expect(await read(randomUUID())).toEqual({ like_count: 0, play_count: 0, single: 0 })
})

test('folds that run while others count lose nothing and double nothing', async () => {
  const ids = Array.from({ length: 5 }, () => randomUUID())
  const work = ids.flatMap((id) =>
    Array.from({ length: 40 }, (_, at) => addToCount(sql, 'like_count', id, at % 4 === 3 ? -1 : 1)),
  )

  await Promise.all([...work, foldCounts(sql), foldCounts(sql), foldCounts(sql)])

  for (const id of ids) expect(await read(id)).toMatchObject({ like_count: 20, single: 20 })
  await foldCounts(sql)
  for (const id of ids) expect(await read(id)).toMatchObject({ like_count: 20, single: 20 })
})
