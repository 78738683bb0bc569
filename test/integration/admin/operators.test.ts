import { randomUUID } from 'node:crypto'
import { createAccountsApi } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { environmentOf } from '../../support/server.ts'

const { sql, url, settings } = useDatabase()
const api = createAccountsApi(sql)
Object.assign(process.env, environmentOf(url), { PGDATABASE: settings.database })
const { handler } = await import('../../../functions/ops/handler.ts')

const grant = async (event: unknown) => handler(event, { awsRequestId: 'invocation-1' })
const ask = (email: string, role = 'admin') => grant({ action: 'grant-role', email, role })

test('grants a role, takes the old tokens with it and writes down that an operator did', async () => {
  const { id, username, email } = await api.join()

  const expected = { user_id: id, username, old_role: 'user', role: 'admin' }
  await expect(ask(email.toUpperCase())).resolves.toEqual(expected)

  const [user] = await sql`select role, token_version from users where id = ${id}`
  expect(user).toEqual({ role: 'admin', token_version: 2 })
  const trail = await sql`
    select actor_id, user_id, request_id, details from audit_events where action = 'user.role_changed'
  `
  expect(trail).toEqual([
    {
      actor_id: null,
      user_id: id,
      request_id: 'invocation-1',
      details: { by: 'operator', old_role: 'user', new_role: 'admin' },
    },
  ])
})

test('grants what is there already once', async () => {
  const { id, email } = await api.join()
  await ask(email, 'moderator')

  await expect(ask(email, 'moderator')).resolves.toMatchObject({ old_role: 'moderator' })

  const [user] = await sql`select token_version from users where id = ${id}`
  expect(user).toEqual({ token_version: 2 })
})

test('grants nothing to an address that nobody has proved to be theirs', async () => {
  const { id, email } = await api.join()
  await sql`update users set email_verified_at = null where id = ${id}`

  await expect(ask(email)).rejects.toThrow('No account has verified the address')
  await expect(ask(`${randomUUID()}@example.test`)).rejects.toThrow('No account has verified the address')
})

test('has days of statistics summed up anew, which changes nothing before a run does', async () => {
  const today = new Date().toISOString().slice(0, 10)
  const hours = new Date().getUTCHours() + 1
  const redo = { action: 'redo-analytics', from: today, to: today }
  const answer = (await grant(redo)) as { readonly hours: number }
  expect(answer).toMatchObject({ from: today, to: today })
  // The clock may have struck meanwhile.
  expect(answer.hours - hours).toBeLessThanOrEqual(1)
  expect(await sql`select from analytics_dirty_hours`).toHaveLength(answer.hours)
})

test.each([
  {
    name: 'days that end before they begin',
    event: { action: 'redo-analytics', from: '2026-12-02', to: '2026-12-01' },
  },
  { name: 'another action', event: { action: 'drop-tables', email: 'a@example.test', role: 'admin' } },
  { name: 'an unknown role', event: { action: 'grant-role', email: 'a@example.test', role: 'root' } },
  { name: 'more than it knows', event: { action: 'grant-role', email: 'a@b.test', role: 'admin', sql: 'x' } },
  { name: 'nothing', event: null },
])('refuses $name', async ({ event }) => {
  await expect(grant(event)).rejects.toThrow()
})
