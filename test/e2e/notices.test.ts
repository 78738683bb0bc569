import { expectStatus } from '../../infra/local/client.ts'
import { newClient } from '../support/platform.ts'

const client = await newClient()

test('whoever gets a notice of what was not them ends it by the link, once, and resets the password', async () => {
  const person = await client.join('victim')
  const post = (path: string, body: object) => client.request('POST', `/api/v1/auth/${path}`, { body })
  const login = (password: string) => post('login', { identifier: person.email, password })
  const refresh = (refresh_token: string) => post('refresh', { refresh_token })
  const second = expectStatus(200, await refresh(person.refresh_token))
  expectStatus(200, await refresh(second.refresh_token))
  expectStatus(401, await refresh(person.refresh_token))

  const notice = await client.mailTo(person.email, /ended one of your sessions/)
  const link = /https?:\/\/\S+/.exec(notice.body.text)![0]
  expect(new URL(link).pathname).toBe('/not-me')
  const token = client.tokenOf(notice)

  expectStatus(204, await post('not-me', { token }))
  expect(await post('not-me', { token })).toMatchObject({ status: 400, body: { code: 'invalid_token' } })
  expect(await login(person.password)).toMatchObject({
    status: 403,
    body: { code: 'password_reset_required' },
  })
  const reset = client.tokenOf(await client.mailTo(person.email, /reset|password/i))
  const password = 'quite another battery of horses'
  expectStatus(204, await post('password/reset', { token: reset, password }))
  expectStatus(200, await login(password))
})
