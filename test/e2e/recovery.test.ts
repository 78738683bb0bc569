import { expectStatus, type Person } from '../../infra/local/client.ts'
import { newClient, randomName } from '../support/platform.ts'

const client = await newClient()
const post = (path: string, body: object, token?: string) =>
  client.request('POST', `/api/v1/auth/${path}`, { body, token })
const me = (token: string) => client.request('GET', '/api/v1/users/me', { token })
const login = (identifier: string, password: string) => post('login', { identifier, password })

test('a forgotten password is reset with the mailed link, which ends every session', async () => {
  const person: Person = await client.join('forgetful')
  const password = 'a staple of horses'
  expect(await post('password/forgot', { email: person.email })).toMatchObject({
    status: 202,
    body: { status: 'accepted' },
  })
  const token = client.tokenOf(await client.mailTo(person.email, /Reset/))

  expect(await post('password/reset', { token, password: 'password1' })).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '#/body/password', code: 'password_breached' }] },
  })
  expectStatus(204, await post('password/reset', { token, password }))

  expect(await post('password/reset', { token, password })).toMatchObject({
    status: 400,
    body: { code: 'invalid_token' },
  })
  expect(await login(person.email, person.password)).toMatchObject({ status: 401 })
  expectStatus(200, await login(person.email, password))
  expect(await post('refresh', { refresh_token: person.refresh_token })).toMatchObject({ status: 401 })
  expect(await client.mailTo(person.email, /was reset/)).toBeDefined()
})

test('a password is changed, and the owner hears of it', async () => {
  const person = await client.join('changer')
  const change = (current_password: string, new_password: string) =>
    post('password/change', { current_password, new_password }, person.token)

  expect(await change('not the password', 'a staple of horses')).toMatchObject({
    status: 401,
    body: { code: 'invalid_credentials' },
  })
  expectStatus(204, await change(person.password, 'a staple of horses'))

  expectStatus(200, await login(person.username, 'a staple of horses'))
  expectStatus(200, await me(person.token))
  expect(await client.mailTo(person.email, /was changed/)).toBeDefined()
})

test('an account moves once its old and its new address have agreed', async () => {
  const person = await client.join('mover')
  const new_email = `${randomName('moved')}@example.com`
  expectStatus(202, await post('email/change', { new_email, password: person.password }, person.token))

  for (const address of [person.email, new_email]) {
    expect((await me(person.token)).body.email).toBe(person.email)
    const token = client.tokenOf(await client.mailTo(address, /Confirm/))
    expectStatus(204, await post('email/change/confirm', { token }))
  }

  expect((await me(person.token)).body.email).toBe(new_email)
  expectStatus(200, await login(new_email, person.password))
  expect(await client.mailTo(person.email, /address .* was changed/)).toBeDefined()
})
