import { authRoutes } from '../../../functions/auth/routes.ts'
import { mostSessions } from '../../../lib/sessions/service.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { signInAs } from '../../support/admins.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'
import { type Account, actionsOf, newRecord } from '../../support/one-account.ts'

const db = useDatabase()
const openConnections = useConnections(db)

/** Mulberry32: the same numbers in every run. */
function seeded(seed: number) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** What happens often, for there is nothing to end where nobody signs in. */
const weights = {
  ...{
    login: 40,
    refresh: 30,
    stepUp: 15,
    endSession: 12,
    enableTwoFactor: 15,
    disableTwoFactor: 15,
    rename: 8,
  },
  ...{ replaceRecoveryCodes: 6, changePassword: 6, changeEmail: 6, confirmEmail: 6, deleteAndRestore: 6 },
  ...{ logout: 3, logoutAll: 2, resetPassword: 1, disown: 1, suspend: 1, changeRole: 1, requestExport: 1 },
}
const often = Object.entries(weights).flatMap(([name, weight]) =>
  Array(weight).fill(name),
) as (keyof typeof weights)[]

/** Eight people at once, each on a connection of their own, who all know all there is to know of the account. */
async function setUp() {
  const connections = await openConnections(8)
  const clock = createClock()
  const apis = connections.map((sql) => createAccountsApi(sql, clock))
  const admin = await signInAs(db.sql, apis[0]!, 'admin')
  const { id, email, username } = await apis[0]!.join()
  const account: Account = {
    ...{ id, email, username, password, names: [username, `x${username}`] },
    ...{ secret: '', recovery_codes: [], access_tokens: [], refresh_tokens: [] },
  }
  const record = newRecord()
  const hands = connections.map((sql, at) => {
    const random = seeded(at + 1)
    return { random, actions: actionsOf({ ...{ sql, account, admin, record, random }, api: apis[at]! }) }
  })
  return { clock, apis, account, record, hands }
}

const liveSessions = (userId: string) =>
  db.sql<{ id: string }[]>`select id from sessions where user_id = ${userId} and revoked_at is null`

test('whatever is done to one account at once, nothing fails and every rule holds', async () => {
  const { clock, account, record, hands } = await setUp()
  let left = 800

  await Promise.all(
    hands.map(async ({ random, actions }) => {
      while (left-- > 0) {
        await actions[often[Math.floor(random() * often.length)]!]()
        if (left % 15 === 0) clock.advance(30)
      }
    }),
  )

  expect(record.failures).toEqual([])
  expect([...record.codesTaken].filter(([, times]) => times > 1)).toEqual([])
  expect([...record.successors.values()].filter(({ size }) => size > 1)).toEqual([])
  expect((await liveSessions(account.id)).length).toBeLessThanOrEqual(mostSessions)
}, 60_000)

test.each([
  { name: 'logs out everywhere', action: 'logoutAll' },
  { name: 'is suspended', action: 'suspend' },
  { name: 'resets the password', action: 'resetPassword' },
] as const)(
  'of sign-ins and refreshes while the user $name, none that began before outlives it',
  async ({ action }) => {
    const { apis, account, record, hands } = await setUp()
    await Promise.all(hands.map(({ actions }) => actions.login()))
    const before = await liveSessions(account.id)
    const spare = before.length

    await Promise.all([
      hands[0]!.actions[action](),
      ...hands.slice(1, 4).map(({ actions }) => actions.login()),
      ...hands.slice(4).map(({ actions }) => actions.refresh()),
    ])

    expect(spare).toBe(8)
    expect(record.failures).toEqual([])
    const live = (await liveSessions(account.id)).map(({ id }) => id)
    expect(live.filter((id) => before.some((session) => session.id === id))).toEqual([])
    const answers = await Promise.all(
      account.refresh_tokens.map((refresh_token, at) =>
        apis[at % apis.length]!.request(authRoutes.refresh, { body: { refresh_token } }),
      ),
    )
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(
      action === 'suspend' ? 0 : 3,
    )
  },
)
