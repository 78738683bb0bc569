import { randomUUID } from 'node:crypto'
import { createLoginThrottle } from '../../../lib/throttle/login-throttle.ts'
import { accountsPerHour } from '../../../lib/throttle/rules.ts'
import { createClock } from '../../support/accounts.ts'
import { useCaches } from '../../support/caches.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const clock = createClock()
const caches = useCaches(db, clock)

/** A network that nobody else calls from. */
let networks = 0
const newNetwork = () => `10.${++networks >> 8}.${networks & 255}.1`

const refused = (seconds: unknown = expect.any(String)) => ({
  code: 'too_many_attempts',
  options: { headers: { 'retry-after': seconds } },
})

describe.each(caches)('$engine', ({ engine: _, ...cache }) => {
  const throttle = createLoginThrottle({ sql: db.sql, cache, now: clock.now })
  const newAccount = () => {
    const name = `u_${randomUUID()}`
    return { username: name, email: `${name}@example.test`, user_id: randomUUID() as string | undefined }
  }
  const admit = (identifier: string, ip: string, user_id?: string, device_id?: string) =>
    throttle.admit({ identifier, user_id, device_id }, { ip, userAgent: 'test', requestId: 'request' })
  const fail = async (times: number, attempt: () => Promise<unknown>) => {
    for (let i = 0; i < times; i++) await attempt()
  }
  const auditsOf = (user_id: string | undefined) => db.sql`
    select action, outcome, ip, details from audit_events where user_id is not distinct from ${user_id ?? null}
  `

  test('lets one network fail five times at an account, and no other network for it', async () => {
    const { username, user_id } = newAccount()
    const [here, there] = [newNetwork(), newNetwork()]

    await fail(5, () => admit(username, here, user_id))
    await expect(admit(username, here, user_id)).rejects.toMatchObject(refused('60'))
    await expect(admit(username, there, user_id)).resolves.toMatchObject({ isCompared: true })
    clock.advance(60)
    await admit(username, here, user_id)
    await expect(admit(username, here, user_id)).rejects.toMatchObject(refused('120'))
  })

  test('treats names that are nobody’s the same', async () => {
    const ip = newNetwork()

    await fail(5, () => admit('nobody', ip))
    await expect(admit('nobody', ip)).rejects.toMatchObject(refused('60'))
    await expect(admit('somebody', ip)).resolves.toMatchObject({ isCompared: true })
  })

  test('lets 5 of 100 guesses at once through from one network, and writes that down once', async () => {
    const { username, user_id } = newAccount()
    const ip = newNetwork()

    const guesses = await Promise.allSettled(Array.from({ length: 100 }, () => admit(username, ip, user_id)))

    expect(guesses.filter(({ status }) => status === 'fulfilled')).toHaveLength(5)
    expect(await auditsOf(user_id)).toEqual([
      {
        action: 'session.refused',
        outcome: 'failure',
        ip,
        details: { reason: 'too_many_attempts', retry_after_seconds: 60 },
      },
    ])
  })

  test('counts both names of an account together without telling that they are one', async () => {
    const { username, email, user_id } = newAccount()
    const ip = newNetwork()

    const compared: boolean[] = []
    for (const identifier of [username, username, username, email, email, email, email, email]) {
      compared.push((await admit(identifier, ip, user_id)).isCompared)
    }
    expect(compared).toEqual([true, true, true, true, true, false, false, false])
    await expect(admit(email, ip, user_id)).rejects.toMatchObject(refused('60'))
    await expect(admit(username, ip, user_id)).resolves.toMatchObject({ isCompared: false })
  })

  test('has no attempts left under the other name of an account in the last second of a wait', async () => {
    const { username, email, user_id } = newAccount()
    const ip = newNetwork()
    await fail(5, () => admit(username, ip, user_id))

    clock.advance(59.2)
    const early = [await admit(email, ip, user_id), await admit(email, ip, user_id)]
    expect(early.map(({ isCompared }) => isCompared)).toEqual([false, false])
    clock.advance(0.8)
    await expect(admit(username, ip, user_id)).resolves.toMatchObject({ isCompared: true })
  })

  test('forgets the failures when somebody signs in', async () => {
    const { username, user_id } = newAccount()
    const ip = newNetwork()

    await fail(4, () => admit(username, ip, user_id))
    await (await admit(username, ip, user_id)).succeed()
    await fail(5, () => admit(username, ip, user_id))
    await expect(admit(username, ip, user_id)).rejects.toMatchObject(refused('60'))
  })

  test('keeps attempts for a device that the account knows, whoever else fails', async () => {
    const { username, user_id } = newAccount()
    const device = randomUUID()
    const ip = newNetwork()
    await fail(5, () => admit(username, ip, user_id))
    await expect(admit(username, ip, user_id)).rejects.toMatchObject(refused())

    await fail(5, () => admit(username, ip, user_id, device))
    await expect(admit(username, newNetwork(), user_id, device)).rejects.toMatchObject(refused('60'))
    clock.advance(60)
    await (await admit(username, ip, user_id, device)).succeed()
    await fail(5, () => admit(username, ip, user_id, device))
  })

  test('under attack gives each network one attempt, and never refuses a known device', async () => {
    const { username, user_id } = newAccount()
    for (let network = 0; network < 4; network++) {
      const ip = newNetwork()
      await fail(5, () => admit(username, ip, user_id))
    }

    const fresh = newNetwork()
    await admit(username, fresh, user_id)
    await expect(admit(username, fresh, user_id)).rejects.toMatchObject(refused('60'))
    await fail(5, () => admit(username, fresh, user_id, randomUUID()))
  })

  test('refuses strangers of all networks after a hundred failures, until the owner comes back', async () => {
    const { username, email, user_id } = newAccount()
    const attempts: Promise<unknown>[] = []
    for (let network = 0; network < 100; network++) attempts.push(admit(username, newNetwork(), user_id))
    await Promise.all(attempts)

    const ip = newNetwork()
    await expect(admit(username, ip, user_id)).rejects.toMatchObject(refused('60'))
    await expect(admit(username, ip, user_id, randomUUID())).resolves.toMatchObject({ isCompared: true })
    await throttle.forgive(user_id!, [username, email], { ip })
    await (await admit(username, ip, user_id)).succeed()
  })

  test('gives back the attempt of the network where strangers are refused', async () => {
    const { username, user_id } = newAccount()
    for (let network = 0; network < 100; network++) await admit(username, newNetwork(), user_id)
    const ip = newNetwork()
    await fail(3, () => expect(admit(username, ip, user_id)).rejects.toMatchObject(refused('60')))

    clock.advance(60)
    await expect(admit(username, ip, user_id)).resolves.toMatchObject({ isCompared: true })
  })

  test('lets a network fail at so many accounts an hour, and sign in to as many as it likes', async () => {
    const ip = newNetwork()
    const untilFullHour = () => Math.ceil(3_600 - ((clock.now().getTime() / 1_000) % 3_600))
    const at = (name: string) => admit(name, ip, randomUUID())

    for (let i = 0; i < 30; i++) await (await at(`in_${i}`)).succeed()
    for (let i = 0; i < accountsPerHour; i++) await at(`out_${i}`)
    await expect(at('one_more')).rejects.toMatchObject(refused(String(untilFullHour())))
    await expect(at('one_more')).rejects.toMatchObject(refused())
    await at('out_1')
    clock.advance(untilFullHour())
    await at('one_more')
  })

  test('counts no account of its own, and none of those who sign in at once twice', async () => {
    const ip = newNetwork()
    const own = newAccount()
    const atOwn = () => admit(own.username, ip, own.user_id)
    await fail(2, atOwn)
    const entries = await Promise.all([atOwn(), atOwn(), atOwn()])
    await Promise.all(entries.map(({ succeed }) => succeed()))
    await fail(2, atOwn)

    for (let i = 0; i < accountsPerHour; i++) await admit(`else_${i}`, ip)
    await expect(admit('one_too_many', ip)).rejects.toMatchObject(refused())
    await expect(atOwn()).resolves.toBeDefined()
  })

  test('counts a /64 as one network', async () => {
    const { username, user_id } = newAccount()

    await fail(4, () => admit(username, '2001:db8:0:7::1', user_id))
    await admit(username, '2001:db8:0:7:ffff::2', user_id)
    await expect(admit(username, '2001:db8:0:7::3', user_id)).rejects.toMatchObject(refused())
    await expect(admit(username, '2001:db8:0:8::1', user_id)).resolves.toBeDefined()
  })
})
