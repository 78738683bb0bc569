import { randomUUID } from 'node:crypto'
import { until } from '../../../infra/local/client.ts'
import { connect } from '../../../lib/db/client.ts'
import { encodeCursor } from '../../../lib/http/cursor.ts'
import { deleteExpiredRevocations } from '../../../lib/revocations/expiry.ts'
import { revokeUser, revokeVersion } from '../../../lib/revocations/revoking.ts'
import { hourMs, later } from '../../../lib/time.ts'
import { createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { createRevocationReader } from '../../support/revocations.ts'
import { seedActor } from '../../support/tracks.ts'

const { sql, settings } = useDatabase()
const clock = createClock(new Date('2026-03-01T12:00:00Z'))
const { read, poll } = createRevocationReader(sql, clock.now)

const others = Array.from({ length: 4 }, () => connect(settings))
afterAll(() => Promise.all(others.map((own) => own.end())))
beforeEach(() => sql`delete from revocations`)

const revoke = async (reason: string, db = sql) => {
  const { id } = await seedActor(sql)
  await db.begin((tx) => revokeUser(tx, id, reason, clock.now()))
  return id
}
const reasonsOf = (data: readonly { reason: string }[]) => data.map(({ reason }) => reason)

/** Transactions of other tests hold the horizon back as well: it is that of the whole server. */
const settle = () =>
  until('every transaction up to the last revocation to end', async () => {
    const [{ is_settled }] = await sql<[{ is_settled: boolean }]>`
      select coalesce(max(xact), 0) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint as is_settled
      from revocations
    `
    return is_settled || undefined
  })

/** A transaction that has revoked and does not commit until it is told to. */
async function revokeLate(reason: string, own = others[0]!) {
  const { id } = await seedActor(sql)
  const written = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const done = own.begin(async (tx) => {
    await revokeUser(tx, id, reason, clock.now())
    written.resolve()
    await release.promise
  })
  await written.promise
  return async () => {
    release.resolve()
    await done
  }
}

test('tells who is revoked as tokens name them, and until when it matters', async () => {
  const id = await revoke('suspended')
  const [user] = await sql`select user_number from users where id = ${id}`

  const { status, body, headers } = await read()

  expect(status).toBe(200)
  expect(headers['cache-control']).toBe('no-store')
  expect(body).toEqual({
    data: [
      {
        id: expect.any(String),
        kind: 'user',
        reason: 'suspended',
        user_id: id,
        user_number: user!.user_number,
        session_id: null,
        version_id: null,
        revoked_at: clock.now().toISOString(),
        expires_at: later(clock.now(), 6 * hourMs).toISOString(),
      },
    ],
    has_more: false,
    next_cursor: expect.any(String),
  })
})

test('tells of a version, which is of nobody', async () => {
  const version_id = randomUUID()
  await sql.begin((tx) => revokeVersion(tx, version_id, 'infected', clock.now()))
  expect((await read()).body.data).toMatchObject([{ kind: 'version', version_id, user_id: null }])
})

test('goes on where the last poll ended, and has nothing new until there is', async () => {
  await revoke('one')
  await revoke('two')
  await settle()
  const first = await poll()
  expect(reasonsOf(first.data)).toEqual(['one', 'two'])
  const second = await poll(first.cursor)
  expect(second.data).toEqual([])

  await revoke('three')

  expect(reasonsOf((await poll(second.cursor)).data)).toEqual(['three'])
})

test('is read in pages of which none repeats or skips anything', async () => {
  const reasons = Array.from({ length: 7 }, (_, i) => `r${i}`)
  for (const reason of reasons) await revoke(reason)
  await settle()
  const { data, cursor } = await poll(undefined, { limit: 2 })
  expect(reasonsOf(data)).toEqual(reasons)
  expect((await poll(cursor, { limit: 2 })).data).toEqual([])
})

test('what commits later than what began after it is told all the same', async () => {
  const commit = await revokeLate('slow')
  await revoke('quick')
  const first = await poll()
  expect(reasonsOf(first.data)).toEqual(['quick'])

  await commit()
  await settle()

  const second = await poll(first.cursor)
  expect(reasonsOf(second.data)).toEqual(['slow', 'quick'])
  expect((await poll(second.cursor)).data).toEqual([])
})

test('nothing waits for a transaction that takes long, in however many pages it is read', async () => {
  const commit = await revokeLate('slow')
  for (const reason of ['a', 'b', 'c', 'd', 'e']) await revoke(reason)

  const first = await poll(undefined, { limit: 2 })
  expect(reasonsOf(first.data)).toEqual(['a', 'b', 'c', 'd', 'e'])
  await commit()

  expect(reasonsOf((await poll(first.cursor, { limit: 2 })).data)).toEqual(['slow', 'a', 'b', 'c', 'd', 'e'])
})

test('what commits between two pages is missed by none of the two polls', async () => {
  const commit = await revokeLate('slow')
  for (const reason of ['a', 'b', 'c']) await revoke(reason)
  const page = (await read({ limit: 2 })).body
  expect(reasonsOf(page.data)).toEqual(['a', 'b'])

  await commit()
  const rest = await poll(page.next_cursor!, { limit: 2 })
  expect(reasonsOf(rest.data)).toEqual(['c'])

  expect(reasonsOf((await poll(rest.cursor, { limit: 2 })).data)).toEqual(['slow', 'a', 'b', 'c'])
})

test('nothing is missed while many write, commit late and roll back, and a reader polls all the time', async () => {
  const { id } = await seedActor(sql)
  const written = new Set<string>()
  const write = async (writer: number) => {
    for (let round = 0; round < 40; round++) {
      const reason = `${writer}:${round}`
      await others[writer]!.begin(async (tx) => {
        await revokeUser(tx, id, reason, clock.now())
        await tx`select pg_sleep(${((writer * 7 + round * 3) % 5) / 1000})`
        if (round % 10 === 9) throw new Error('rolled back')
        written.add(reason)
      }).catch((error: Error) => {
        if (error.message !== 'rolled back') throw error
      })
    }
  }
  const told = new Set<string>()
  let isWriting = true
  let cursor: string | undefined
  const follow = async () => {
    const next = await poll(cursor, { limit: 3 })
    for (const { reason } of next.data) told.add(reason)
    cursor = next.cursor
  }

  const writers = Promise.all([0, 1, 2, 3].map(write)).finally(() => {
    isWriting = false
  })
  while (isWriting) await follow()
  await writers
  await follow()

  expect(written.size).toBe(4 * 36)
  expect([...told].sort()).toEqual([...written].sort())
})

describe('since', () => {
  test('leaves out what is older, but for the minutes that a transaction may take', async () => {
    await revoke('long ago')
    clock.advance(600)
    await revoke('a little before')
    clock.advance(60)
    const since = clock.now().toISOString()
    clock.advance(1)
    await revoke('after')
    await settle()

    const { data, cursor } = await poll(undefined, { since })

    expect(reasonsOf(data)).toEqual(['a little before', 'after'])
    expect((await poll(cursor, { since })).data).toEqual([])
  })

  test.each(['yesterday', '2026-13-01T00:00:00Z', '', '0'])('refuses %j', async (since) => {
    expect(await read({ since })).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  })
})

test.each([
  { name: 'of another list', cursor: encodeCursor('users', [1, randomUUID(), 1, randomUUID()]) },
  { name: 'with wrong values', cursor: encodeCursor('revocations', ['x', randomUUID(), 1, randomUUID()]) },
  { name: 'of nothing', cursor: 'AAAA' },
])('refuses a cursor $name', async ({ cursor }) => {
  expect(await read({ cursor })).toMatchObject({ status: 400, problem: { code: 'invalid_request' } })
})

test('begins anew for a cursor of another database, which was further', async () => {
  await revoke('one')
  const far = [9_000_000_000_000_000, randomUUID()] as const
  const { data } = await poll(encodeCursor('revocations', [...far, ...far]))
  expect(reasonsOf(data)).toEqual(['one'])
})

test('what no token can be about any more is told no more, and then deleted', async () => {
  await revoke('old')
  clock.advance(6 * 3_600)
  await revoke('new')

  expect(reasonsOf((await poll()).data)).toEqual(['new'])
  expect(await deleteExpiredRevocations(sql, clock.now())).toBe(1)
  expect(await deleteExpiredRevocations(sql, clock.now())).toBe(0)
})
