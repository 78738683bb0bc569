import { adminRoutes } from '../../../functions/admin/routes.ts'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { createRefusalAudit, mostRefusalsPerMinute } from '../../../lib/audit/refusals.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { signInAs } from '../../support/admins.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()
const api = createAccountsApi(sql)

const refusals = (userId: string) => sql`
  select outcome, actor_id, session_id, ip, details from audit_events
  where action = 'access.refused' and user_id = ${userId} order by at, id
`

test('writes down who was refused what, and not what the path named', async () => {
  const { id, session_id, token } = await signInAs(sql, api, 'user')
  const params = { user_id: id }

  await api.request(adminRoutes.changeUserRole, { token, params, body: { role: 'admin' } })

  expect(await refusals(id)).toEqual([
    {
      outcome: 'failure',
      actor_id: id,
      session_id,
      ip: '192.0.2.1',
      details: { code: 'forbidden', role: 'user', route: 'PUT /api/v1/admin/users/{user_id}/role' },
    },
  ])
})

test('writes down a step-up that is asked for', async () => {
  const { id, refresh_token } = await signInAs(sql, api, 'admin')
  api.clock.advance(15 * 60 + 1)
  const { access_token: token } = (await api.request(authRoutes.refresh, { body: { refresh_token } })).body

  await api.request(adminRoutes.unsuspendUser, { token, params: { user_id: id } })

  expect(await refusals(id)).toMatchObject([{ details: { code: 'step_up_required', role: 'admin' } }])
})

test('writes down no more of a flood than so many a minute', async () => {
  const { id, token } = await signInAs(sql, api, 'user')
  const call = () => api.request(adminRoutes.listAllUsers, { token })

  const answers = await Promise.all(Array.from({ length: mostRefusalsPerMinute + 5 }, call))
  expect(answers.every(({ status }) => status === 403)).toBe(true)
  expect(await refusals(id)).toHaveLength(mostRefusalsPerMinute)

  api.clock.advance(60)
  await call()
  expect(await refusals(id)).toHaveLength(mostRefusalsPerMinute + 1)
})

test('says nothing of strangers and of calls that are let in', async () => {
  const { id, token } = await signInAs(sql, api, 'admin')

  await api.request(adminRoutes.listAllUsers, { token })
  await api.request(adminRoutes.listAllUsers)

  expect(await refusals(id)).toEqual([])
})

test('leaves the refusal as it is when it cannot be written down', async () => {
  const { id, session_id } = await signInAs(sql, api, 'user')
  const cache = { increment: () => Promise.reject(new Error('The cache is gone')) }
  const onRefused = createRefusalAudit({ sql, cache })
  const actor = { id, session_id, role: 'user', token_version: 1, auth_time: 0, acr: 'aal1' } as const

  await expect(
    onRefused(
      { actor, code: 'forbidden', route: 'GET /' },
      { ip: '192.0.2.1', userAgent: '', requestId: 'r' },
    ),
  ).resolves.toBeUndefined()
})
