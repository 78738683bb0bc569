import { userRoutes } from '../../../functions/users/routes.ts'
import { defaultSettings } from '../../../lib/users/settings.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const openConnections = useConnections(db)
const api = createAccountsApi(db.sql)

async function setUp() {
  const { access_token: token, ...user } = await api.signIn()
  return {
    user,
    token,
    read: (headers = {}) => api.request(userRoutes.getOwnSettings, { token, headers }),
    change: (body: unknown, headers = {}) =>
      api.request(userRoutes.updateOwnSettings, { token, body, headers }),
  }
}

test('begins with the defaults, and stores none of them', async () => {
  const { user, read } = await setUp()

  expect(await read()).toMatchObject({ status: 200, body: defaultSettings })
  await expect(db.sql`select settings from users where id = ${user.id}`).resolves.toEqual([{ settings: {} }])
})

test('changes what is given and nothing else', async () => {
  const { read, change } = await setUp()
  await change({ language: 'fr', show_history: true })

  const answer = await change({ timezone: 'Europe/Paris', show_history: false })

  const expected = { ...defaultSettings, language: 'fr', timezone: 'Europe/Paris' }
  expect(answer).toMatchObject({ status: 200, body: expected })
  expect((await read()).body).toEqual(expected)
})

test('changes made at once are all kept', async () => {
  const { token, read } = await setUp()
  const [one, other] = (await openConnections(2)).map((sql) => createAccountsApi(sql))
  const change = (at: typeof one, body: unknown) => at!.request(userRoutes.updateOwnSettings, { token, body })

  await Promise.all([change(one, { language: 'de' }), change(other, { product_mails: true })])

  expect((await read()).body).toEqual({ ...defaultSettings, language: 'de', product_mails: true })
})

test('honours If-Match and If-None-Match', async () => {
  const { read, change } = await setUp()
  const { etag } = (await read()).headers
  expect((await read({ 'if-none-match': etag })).status).toBe(304)

  const first = await change({ show_likes: false }, { 'if-match': etag })
  const stale = await change({ show_likes: true }, { 'if-match': etag })

  expect([first.status, stale.status, stale.problem.code]).toEqual([200, 412, 'precondition_failed'])
  expect((await read()).body.show_likes).toBe(false)
})

test.each([{ theme: 'dark' }, { language: 'xx_yy' }, { profile_visibility: 'hidden' }])(
  'refuses %j',
  async (body) => {
    const { change } = await setUp()

    expect(await change(body)).toMatchObject({ status: 422, problem: { code: 'validation_failed' } })
  },
)

test.each(['getOwnSettings', 'updateOwnSettings', 'getOwnCompletion'] as const)(
  '%s asks for a user',
  async (name) => {
    expect(await api.request(userRoutes[name], { body: {} })).toMatchObject({ status: 401 })
  },
)

test('tells how complete a profile is', async () => {
  const { user, token } = await setUp()
  const read = async () => (await api.request(userRoutes.getOwnCompletion, { token })).body
  expect((await read()).percent).toBe(15)

  await api.request(userRoutes.updateOwnUser, { token, body: { bio: 'Sings', display_name: 'Nova' } })
  const factor = { user_id: user.id, sealed_secret: 'x', kid: '1' }
  await db.sql`insert into totp_factors ${db.sql(factor)}`
  const before = await read()
  await db.sql`update totp_factors set enabled_at = now() where user_id = ${user.id}`
  const after = await read()

  expect([before.percent, after.percent]).toEqual([40, 50])
  expect(before.missing).toContainEqual({ field: 'two_factor', weight: 10 })
  expect(after.missing.map(({ field }) => field)).not.toContain('two_factor')
})
