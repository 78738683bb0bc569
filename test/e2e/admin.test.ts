import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { expectStatus, type Json, until } from '../../infra/local/client.ts'
import { newClient, sdkSettings } from '../support/platform.ts'

const client = await newClient()
const { platform } = client
let admin: { token: string; user: Json }
beforeAll(async () => {
  admin = await client.admin()
})

const asAdmin = (method: string, path: string, body?: unknown) =>
  client.request(method, `/api/v1/admin/${path}`, { token: admin.token, ...(body !== undefined && { body }) })
const me = (token: string) => client.request('GET', '/api/v1/users/me', { token })

test('the admin of platform.json signs in, and finds users', async () => {
  const person = await client.join('found')

  expect(admin.user).toMatchObject({ role: 'admin', email: platform.admin.email })
  const { data } = expectStatus(200, await asAdmin('GET', `users?q=${person.username}`))
  expect(data).toMatchObject([{ username: person.username, email: person.email, suspended_at: null }])
})

test('a suspension bites within 5 s, is told by mail, and stands in the trail', async () => {
  const person = await client.join('culprit')
  expectStatus(200, await me(person.token))

  expectStatus(204, await asAdmin('POST', `users/${person.user.id}/suspend`, { reason: 'Spam' }))

  await until(
    'the token to be refused',
    async () => ((await me(person.token)).status === 401 ? true : undefined),
    5_500,
  )
  const login = { identifier: person.email, password: person.password }
  expect(await client.request('POST', '/api/v1/auth/login', { body: login })).toMatchObject({
    status: 403,
    body: { code: 'account_suspended' },
  })
  const mail = await client.mailTo(person.email, /suspended/)
  expect(mail.body.text).toContain('Reason: Spam')
  const { data } = expectStatus(
    200,
    await asAdmin('GET', `audit?user=${person.user.id}&action=user.suspended`),
  )
  expect(data).toMatchObject([{ actor_id: admin.user.id, details: { reason: 'Spam', until: null } }])

  expectStatus(204, await asAdmin('POST', `users/${person.user.id}/unsuspend`))
  expectStatus(200, await client.request('POST', '/api/v1/auth/login', { body: login }))
})

test('a role is changed by admins, and the user sees it in their own trail', async () => {
  const person = await client.join('riser')
  const { id } = person.user

  expectStatus(204, await asAdmin('PUT', `users/${id}/role`, { role: 'creator' }))

  const body = { refresh_token: person.refresh_token }
  const session = expectStatus(200, await client.request('POST', '/api/v1/auth/refresh', { body }))
  expect(session.user.role).toBe('creator')
  const trail = expectStatus(
    200,
    await client.request('GET', '/api/v1/auth/security-events', { token: session.access_token }),
  )
  expect(trail.data).toContainEqual(
    expect.objectContaining({
      action: 'user.role_changed',
      details: { old_role: 'user', new_role: 'creator' },
      ip: null,
    }),
  )
})

test.each(['users', 'audit'])('a user is refused %s', async (list) => {
  const { token } = await client.join('curious')

  expect(await client.request('GET', `/api/v1/admin/${list}`, { token })).toMatchObject({
    status: 403,
    body: { code: 'forbidden' },
  })
})

describe('operators', () => {
  const grant = async (caller: string, request: object) => {
    const lambda = new LambdaClient(sdkSettings(platform, caller))
    const { Payload, FunctionError } = await lambda.send(
      new InvokeCommand({ FunctionName: 'veza-local-ops', Payload: JSON.stringify(request) }),
    )
    return { answer: JSON.parse(Buffer.from(Payload!).toString()), error: FunctionError }
  }

  test('grant a role to an address, which is written down as theirs', async () => {
    const { email, user } = await client.join('chosen')

    const { answer } = await grant('operator', { action: 'grant-role', email, role: 'moderator' })

    expect(answer).toMatchObject({ user_id: user.id, old_role: 'user', role: 'moderator' })
    const { data } = expectStatus(200, await asAdmin('GET', `audit?user=${user.id}&action=user.role_changed`))
    expect(data).toMatchObject([{ actor_id: null, details: { by: 'operator', new_role: 'moderator' } }])
  })

  test('do so by npm run ops', async () => {
    const { email, username } = await client.join('typed')
    const args = ['infra/local/ops.ts', 'grant-role', email, 'creator']

    const file = process.env.VEZA_PLATFORM_FILE!
    const { stdout } = await promisify(execFile)(process.execPath, [...args, '--platform', file])

    expect(stdout).toBe(`${username} was user and is creator now.\n`)
  })

  test('are told when nobody has the address', async () => {
    const request = { action: 'grant-role', email: 'nobody@example.com', role: 'admin' }

    expect(await grant('operator', request)).toMatchObject({
      error: 'Unhandled',
      answer: { errorMessage: 'No account has verified the address nobody@example.com' },
    })
  })

  test('nobody else may', async () => {
    const request = { action: 'grant-role', email: platform.admin.email, role: 'user' }

    await expect(grant('stream_server', request)).rejects.toThrow(/not authorized/i)
  })
})
