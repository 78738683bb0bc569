import { adminRoutes } from '../../../functions/admin/routes.ts'
import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { signInAs } from '../../support/admins.ts'
import { useConnections } from '../../support/connections.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const { sql } = db
const openConnections = useConnections(db)
const clock = createClock()
const api = createAccountsApi(sql, clock)

beforeEach(async () => {
  await sql`update users set role = 'user' where role = 'admin'`
})

const leave = ({ token }: { token: string }, { request } = api) =>
  request(userRoutes.deleteOwnUser, { token, body: { password } })
const demote = (by: { token: string }, { id: user_id }: { id: string }) =>
  api.request(adminRoutes.changeUserRole, { token: by.token, params: { user_id }, body: { role: 'user' } })

test('the last admin does not leave, and does once there is another', async () => {
  const admin = await signInAs(sql, api, 'admin')

  expect(await leave(admin)).toMatchObject({ status: 409, problem: { code: 'conflict' } })
  expect(await sql`select deletes_at from users where id = ${admin.id}`).toEqual([{ deletes_at: null }])

  await signInAs(sql, api, 'admin')
  expect((await leave(admin)).status).toBe(202)
})

test('an admin who is leaving takes no other along, and may still come back', async () => {
  const [leaving, staying] = [await signInAs(sql, api, 'admin'), await signInAs(sql, api, 'admin')]
  await leave(leaving)

  expect((await demote(leaving, staying)).problem.code).toBe('conflict')
  expect((await leave(staying)).problem.code).toBe('conflict')
  await api.request(userRoutes.restoreOwnUser, { token: leaving.token })
  expect((await leave(staying)).status).toBe(202)
})

test('a suspended admin is none to rely on', async () => {
  const [admin, suspended] = [await signInAs(sql, api, 'admin'), await signInAs(sql, api, 'admin')]
  const params = { user_id: suspended.id }
  await api.request(adminRoutes.suspendUser, { token: admin.token, params, body: { reason: 'Away' } })

  expect((await leave(admin)).problem.code).toBe('conflict')
  expect((await api.request(adminRoutes.unsuspendUser, { token: admin.token, params })).status).toBe(204)
  expect((await leave(admin)).status).toBe(202)
})

test('of all admins who leave at once one is kept', async () => {
  const apis = (await openConnections(4)).map((own) => createAccountsApi(own, clock))
  const admins: { token: string }[] = []
  for (const _ of apis) admins.push(await signInAs(sql, api, 'admin'))

  const answers = await Promise.all(apis.map((own, at) => leave(admins[at]!, own)))

  expect(answers.map(({ status }) => status).toSorted()).toEqual([202, 202, 202, 409])
})
