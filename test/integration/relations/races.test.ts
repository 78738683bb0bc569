import type { Actor } from '../../../lib/auth/actor.ts'
import { countOf, foldCounts } from '../../../lib/counts/counts.ts'
import { createRelationService } from '../../../lib/relations/service.ts'
import { buryDueAccount } from '../../../lib/users/deletion.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { seedActor } from '../../support/tracks.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const relay = { flushSoon: async () => {} }

async function setUp(connections = 8) {
  const services = (await openConnections(connections)).map((connection) =>
    createRelationService({ sql: connection, relay }),
  )
  let next = 0
  const any = () => services[next++ % services.length]!
  return { any, one: await seedActor(sql), two: await seedActor(sql) }
}

const ignoreRefusal = (error: { code?: string }) => {
  if (error.code !== 'not_found') throw error
}

const rowsOf = async (userId: string) => {
  const [row] = await sql<[{ followers: number; following: number }]>`
    select
      (select count(*)::int from follows where followed_id = ${userId}) as followers,
      (select count(*)::int from follows where follower_id = ${userId}) as following
  `
  return row
}

const countedOf = async (userId: string) => {
  const [row] = await sql<[{ followers: number; following: number }]>`
    select ${countOf(sql, 'follower_count', sql`${userId}::uuid`)} as followers,
      ${countOf(sql, 'following_count', sql`${userId}::uuid`)} as following
  `
  return row
}

const times = (count: number, work: (at: number) => Promise<unknown>) =>
  Promise.all(Array.from({ length: count }, (_, at) => work(at)))

test('a hundred users who follow one at once count as a hundred', async () => {
  const { any, one } = await setUp()
  const fans = (await times(100, () => seedActor(sql))) as Actor[]

  // Each twice, as a client does that lost the answer.
  await times(200, (at) => any().follow(fans[at % 100]!, one.id))

  expect(await rowsOf(one.id)).toEqual({ followers: 100, following: 0 })
  expect(await countedOf(one.id)).toEqual({ followers: 100, following: 0 })
  const told = await sql`select from outbox where payload->>'recipient_id' = ${one.id}`
  expect(told).toHaveLength(100)
})

test('a storm of follows and unfollows ends with the counts of what is left, also while they are folded', async () => {
  const { any, one, two } = await setUp()
  const pairs = [
    [one, two],
    [two, one],
  ] as const

  await times(120, (at) => {
    const [from, to] = pairs[at % 2]!
    if (at % 10 === 9) return foldCounts(sql)
    return at % 3 === 0 ? any().unfollow(from, to.id) : any().follow(from, to.id)
  })

  for (const { id } of [one, two]) expect(await countedOf(id)).toEqual(await rowsOf(id))
  await foldCounts(sql)
  for (const { id } of [one, two]) expect(await countedOf(id)).toEqual(await rowsOf(id))
})

test('no follow outlives a block that is made at the same time', async () => {
  for (let round = 0; round < 10; round++) {
    const { any, one, two } = await setUp(4)

    await Promise.all([
      any().follow(one, two.id).catch(ignoreRefusal),
      any().follow(two, one.id).catch(ignoreRefusal),
      any().block(two, one.id),
      any().follow(one, two.id).catch(ignoreRefusal),
    ])

    for (const { id } of [one, two]) {
      expect(await rowsOf(id)).toEqual({ followers: 0, following: 0 })
      expect(await countedOf(id)).toEqual({ followers: 0, following: 0 })
    }
  }
})

test('two who block each other at once both have, and cut each other once', async () => {
  const { any, one, two } = await setUp(4)
  await any().follow(one, two.id)
  await any().follow(two, one.id)

  await Promise.all([any().block(one, two.id), any().block(two, one.id), any().block(one, two.id)])

  await expect(sql`select from blocks where ${one.id} in (blocker_id, blocked_id)`).resolves.toHaveLength(2)
  for (const { id } of [one, two]) expect(await countedOf(id)).toEqual({ followers: 0, following: 0 })
})

test('nobody follows, blocks or mutes an account that is being deleted', async () => {
  for (let round = 0; round < 5; round++) {
    const { any, one, two } = await setUp(4)
    await any().follow(two, one.id)
    const now = new Date()
    await sql`update users set deletes_at = ${now} where id = ${two.id}`
    const bury = (now: Date) => buryDueAccount(sql, now)

    await Promise.all([
      bury(now),
      any().follow(one, two.id).catch(ignoreRefusal),
      any().follow(two, one.id).catch(ignoreRefusal),
      any().block(two, one.id).catch(ignoreRefusal),
      any().mute(one, two.id).catch(ignoreRefusal),
    ])
    // Passed over where somebody was at it: then the next run.
    await bury(now)

    const [row] = await sql<[{ deleted_at: Date | null }]>`select deleted_at from users where id = ${two.id}`
    expect(row.deleted_at).not.toBeNull()
    for (const { id } of [one, two]) {
      expect(await rowsOf(id)).toEqual({ followers: 0, following: 0 })
      expect(await countedOf(id)).toEqual({ followers: 0, following: 0 })
      await expect(sql`select from blocks where ${id} in (blocker_id, blocked_id)`).resolves.toEqual([])
      await expect(sql`select from mutes where ${id} in (muter_id, muted_id)`).resolves.toEqual([])
    }
  }
})
