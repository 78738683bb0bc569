import { userRoutes } from '../../../functions/users/routes.ts'
import { createAccountsApi } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const { sql } = useDatabase()
const api = createAccountsApi(sql)

test.each([
  { role: 'admin' },
  { is_verified: true },
  { email_verified_at: '2026-01-01T00:00:00Z' },
  { suspended_at: null },
  { token_version: 99 },
  { password_hash: '-' },
  { id: '00000000-0000-7000-8000-000000000000' },
  { email: 'other@example.test' },
])('a user cannot write %j into their own row', async (body) => {
  const { access_token: token, id } = await api.signIn()
  const read = () => sql`select * from users where id = ${id}`
  const before = await read()

  const { problem } = await api.request(userRoutes.updateOwnUser, { token, body })

  expect(problem).toMatchObject({
    status: 422,
    code: 'validation_failed',
    errors: [{ pointer: `#/body/${Object.keys(body)[0]}` }],
  })
  expect(await read()).toEqual(before)
})
