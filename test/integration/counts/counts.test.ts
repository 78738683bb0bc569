import { randomUUID } from 'node:crypto'
import { addToCount, countOf, countsOf, foldCounts } from '../../../lib/counts/counts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)

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

test('folds that run while others count lose nothing and double nothing, over several connections', async () => {
  const connections = await openConnections(6)
  const ids = Array.from({ length: 5 }, () => randomUUID())
  const seen: number[] = []
  const writers = connections.slice(0, 4).map(async (connection, at) => {
    for (let turn = 0; turn < 40; turn++) {
      await addToCount(connection, 'like_count', ids[(turn + at) % 5]!, turn % 8 === 7 ? -1 : 1)
    }
  })
  const folders = connections.slice(4).map(async (connection) => {
    for (let turn = 0; turn < 30; turn++) await foldCounts(connection)
  })
  const total = async () => {
    const rows = await Promise.all(ids.map(read))
    return rows.reduce((sum, { like_count }) => sum + like_count, 0)
  }
  const reader = (async () => {
    for (let turn = 0; turn < 20; turn++) seen.push(await total())
  })()

  await Promise.all([...writers, ...folders, reader])

  // 35 up and 5 down of each of four.
  expect(await total()).toBe(120)
  await foldCounts(sql)
  expect(await total()).toBe(120)
  expect(await sql`select from count_deltas where subject_id = any(${ids})`).toHaveLength(0)
  // Whoever reads meanwhile never sees a fold half done.
  expect(seen.every((count, at) => count >= 0 && count <= 140 && count - (seen[at - 1] ?? 0) >= -20)).toBe(
    true,
  )
})

test('what is taken back in another order than it was counted ends at nothing', async () => {
  const connections = await openConnections(4)
  const id = randomUUID()

  await Promise.all(
    connections.flatMap((connection) => [
      addToCount(connection, 'follower_count', id, -1),
      foldCounts(connection),
      addToCount(connection, 'follower_count', id, 1),
    ]),
  )
  await foldCounts(sql)

  const [row] = await sql`select follower_count from counts where subject_id = ${id}`
  expect(row).toEqual({ follower_count: 0 })
})

test('a transaction that fails has counted nothing', async () => {
  const id = randomUUID()

  await sql
    .begin(async (tx) => {
      await addToCount(tx, 'like_count', id, 1)
      throw new Error('no')
    })
    .catch(() => {})

  expect(await read(id)).toMatchObject({ like_count: 0 })
})
