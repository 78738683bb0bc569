import { randomUUID } from 'node:crypto'
import { createPostgresCache } from '../../../lib/cache/postgres-cache.ts'
import { AppError } from '../../../lib/errors.ts'
import { createAttempts } from '../../../lib/throttle/attempts.ts'
import { createMailThrottle } from '../../../lib/throttle/mail-throttle.ts'
import { codesPerMinute } from '../../../lib/throttle/rules.ts'
import { createClock } from '../../support/accounts.ts'
import { useCaches } from '../../support/caches.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const clock = createClock(new Date('2026-01-01T00:00:00Z'))
const caches = useCaches(db, clock)
const origin = { ip: '192.0.2.1', userAgent: 'test', requestId: 'request' }

const refused = (seconds: number) => ({
  code: 'too_many_attempts',
  options: { headers: { 'retry-after': String(seconds) } },
})

describe.each(caches)('$engine', ({ engine: _, ...cache }) => {
  const attempts = createAttempts({ sql: db.sql, cache, now: clock.now })
  const right = async () => true
  const wrong = async () => false
  const repeat = async (times: number, attempt: () => Promise<unknown>) => {
    for (let i = 0; i < times; i++) await attempt()
  }
  const auditsOf = (user_id: string) => db.sql`
    select action, outcome, details from audit_events where user_id = ${user_id}
  `

  test('locks the second factor for 15 minutes after ten wrong codes in a row', async () => {
    const user = randomUUID()
    await repeat(10, () => attempts.secondFactor(user, origin, wrong))

    await expect(attempts.secondFactor(user, origin, right)).rejects.toMatchObject(refused(900))
    await expect(attempts.secondFactor(user, origin, right)).rejects.toMatchObject(refused(900))
    expect(await auditsOf(user)).toEqual([
      {
        action: 'two_factor.challenged',
        outcome: 'failure',
        details: { reason: 'too_many_attempts', retry_after_seconds: 900 },
      },
    ])
    clock.advance(900)
    await expect(attempts.secondFactor(user, origin, right)).resolves.toBe(true)
    await repeat(10, () => attempts.secondFactor(user, origin, wrong))
  })

  test('a right code ends the row', async () => {
    const user = randomUUID()
    await repeat(9, () => attempts.secondFactor(user, origin, wrong))
    await attempts.secondFactor(user, origin, right)
    clock.advance(60)

    await repeat(10, () => attempts.secondFactor(user, origin, wrong))
    await expect(attempts.secondFactor(user, origin, right)).rejects.toMatchObject(refused(900))
  })

  test('looks at no more than 15 codes a minute, right or wrong', async () => {
    const user = randomUUID()
    clock.advance(60 - ((clock.now().getTime() / 1_000) % 60) + 20)
    await repeat(codesPerMinute, () => attempts.secondFactor(user, origin, right))

    await expect(attempts.secondFactor(user, origin, right)).rejects.toMatchObject(refused(40))
    clock.advance(40)
    await expect(attempts.secondFactor(user, origin, right)).resolves.toBe(true)
  })

  test('compares ten of a hundred wrong codes at once', async () => {
    const user = randomUUID()
    let compared = 0
    const guess = () =>
      attempts.secondFactor(user, origin, async () => {
        compared++
        return false
      })

    await Promise.allSettled(Array.from({ length: 100 }, guess))

    expect(compared).toBe(10)
  })

  test('lets a signed-in user get their password wrong five times in a quarter of an hour', async () => {
    const user = randomUUID()
    await repeat(5, () => attempts.ownPassword(user, origin, wrong))

    await expect(attempts.ownPassword(user, origin, right)).rejects.toMatchObject(refused(900))
    await expect(attempts.ownPassword(randomUUID(), origin, right)).resolves.toBe(true)
    clock.advance(900)
    await expect(attempts.ownPassword(user, origin, right)).resolves.toBe(true)
  })

  test('counts a wrong secret that is thrown, and nothing else that goes wrong', async () => {
    const user = randomUUID()
    const failing = (error: Error) => () =>
      attempts.ownPassword(user, origin, () => Promise.reject(error)).catch(() => {})
    await repeat(9, failing(new AppError('conflict')))
    await repeat(9, failing(new Error('the database is down')))
    await expect(attempts.ownPassword(user, origin, right)).resolves.toBe(true)

    await repeat(5, failing(new AppError('invalid_credentials')))
    await expect(attempts.ownPassword(user, origin, right)).rejects.toMatchObject(refused(900))
  })

  test('mails an address once at a time, each kind by itself, of many who ask at once', async () => {
    const mails = createMailThrottle({ cache })
    const email = `${randomUUID()}@example.test`
    const all = await Promise.all(Array.from({ length: 20 }, () => mails.take('reset_password', email)))

    expect(all.filter((isTaken) => isTaken)).toHaveLength(1)
    expect(await mails.take('verify_email', email)).toBe(true)
    expect(await mails.take('reset_password', `other.${email}`)).toBe(true)
  })
})

/** Valkey would have us wait. */
test('mails an address once a minute, and five times in half an hour', async () => {
  const mails = createMailThrottle({ cache: createPostgresCache({ sql: db.sql, now: clock.now }) })
  const email = `${randomUUID()}@example.test`
  const taken: boolean[] = []
  for (let minute = 0; minute < 31; minute++) {
    taken.push(await mails.take('reset_password', email))
    clock.advance(60)
  }

  expect(taken.slice(0, 30)).toEqual([...Array(5).fill(true), ...Array(25).fill(false)])
  expect(taken[30]).toBe(true)
})
