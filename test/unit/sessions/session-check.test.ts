import { randomUUID } from 'node:crypto'
import type { Actor } from '../../../lib/auth/actor.ts'
import type { Sql } from '../../../lib/db/client.ts'
import { createSessionCheck } from '../../../lib/sessions/session-check.ts'
import { justSignedIn } from '../../support/api.ts'

const far = new Date('2027-01-01T00:00:00Z')
const live = {
  idle_expires_at: far,
  expires_at: far,
  revoked_at: null,
  deleted_at: null,
  suspended_at: null,
  suspended_until: null,
  token_version: 1,
}

const newActor = (): Actor => ({
  id: randomUUID(),
  session_id: randomUUID(),
  role: 'user',
  token_version: 1,
  ...justSignedIn(),
})

/** A check over a database that answers every question with one row. */
function setUp(row: object | undefined = live) {
  const clock = { ms: new Date('2026-01-01T00:00:00Z').getTime() }
  const database: { row: object | undefined; queries: number } = { row, queries: 0 }
  const sql = (async () => {
    database.queries += 1
    return [database.row]
  }) as unknown as Sql
  const check = createSessionCheck({ sql, now: () => new Date(clock.ms) })
  return { clock, database, check }
}

test('asks once in three seconds for a session that stands', async () => {
  const { clock, database, check } = setUp()
  const actor = newActor()

  await check(actor)
  clock.ms += 2_999
  expect(await check(actor)).toBeUndefined()
  expect(database.queries).toBe(1)

  clock.ms += 1
  database.row = { ...live, revoked_at: far }
  expect(await check(actor)).toBe('token_revoked')
})

test('asks anew for another token version and another session', async () => {
  const { database, check } = setUp()
  const actor = newActor()

  await check(actor)

  expect(await check({ ...actor, token_version: 2 })).toBe('token_revoked')
  expect(await check({ ...actor, session_id: randomUUID() })).toBeUndefined()
  expect(database.queries).toBe(3)
})

test('remembers no refusal', async () => {
  const { database, check } = setUp({ ...live, suspended_at: far })
  const actor = newActor()

  expect(await check(actor)).toBe('token_revoked')
  database.row = live
  expect(await check(actor)).toBeUndefined()
})

test('does not remember longer because a clock was set back', async () => {
  const { clock, database, check } = setUp()
  const actor = newActor()

  await check(actor)
  clock.ms -= 3_000
  await check(actor)

  expect(database.queries).toBe(2)
})

test('forgets the oldest of more than a thousand sessions', async () => {
  const { database, check } = setUp()
  const actors = Array.from({ length: 1_001 }, newActor)
  for (const actor of actors) await check(actor)

  await check(actors[1]!)
  expect(database.queries).toBe(1_001)
  await check(actors[0]!)
  expect(database.queries).toBe(1_002)
})

test.each([
  { name: 'that is not there', row: undefined },
  { name: 'that was unused too long', row: { ...live, idle_expires_at: new Date(0) } },
  { name: 'that is too old', row: { ...live, expires_at: new Date(0) } },
  { name: 'of a deleted user', row: { ...live, deleted_at: new Date(0) } },
  {
    name: 'of a user who is suspended for a time',
    row: { ...live, suspended_at: new Date(0), suspended_until: far },
  },
])('refuses a session $name', async ({ row }) => {
  const { database, check } = setUp()
  database.row = row

  expect(await check(newActor())).toBe('token_revoked')
})

test('a suspension that is over no longer counts', async () => {
  const { check } = setUp({ ...live, suspended_at: new Date(0), suspended_until: new Date(1) })

  expect(await check(newActor())).toBeUndefined()
})
