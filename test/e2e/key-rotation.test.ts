import { expectStatus } from '../../infra/local/client.ts'
import { launchPlatform } from '../support/launch-platform.ts'
import { control, newClient } from '../support/platform.ts'
import { rotateSecret } from '../support/rotation.ts'

// The clock is moved here, so this file has a platform to itself.
const own = await launchPlatform('test-rotation')
process.env.VEZA_PLATFORM_FILE = own.file
afterAll(() => own.stop())

const client = await newClient()
/** Longer than a function remembers a secret, and the gateway what the authorizer said. */
const forget = () => control('clock', { advance_ms: 6 * 60_000 })

const me = (token: string) => client.request('GET', '/api/v1/users/me', { token })
const tracks = (token: string) => client.request('GET', '/api/v1/tracks', { token })
const refresh = (refresh_token: string) =>
  client.request('POST', '/api/v1/auth/refresh', { body: { refresh_token } })
const kidOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid as string

test('keys are rotated, and no session is lost', async () => {
  const person = await client.join()
  expect(kidOf(person.token)).toBe('1')

  const second = await rotateSecret('JwtSecret')

  // Whoever remembers the key still signs with it, and whoever has read the new ones still takes it.
  const before = expectStatus(200, await refresh(person.refresh_token))
  expect(kidOf(before.access_token)).toBe('1')
  expectStatus(200, await me(before.access_token))
  await forget()
  const after = expectStatus(200, await refresh(before.refresh_token))
  expect(kidOf(after.access_token)).toBe(second)
  for (const token of [person.token, before.access_token, after.access_token]) {
    expectStatus(200, await me(token))
    expectStatus(200, await tracks(token))
  }

  const third = await rotateSecret('JwtSecret')
  await forget()

  // Signed 12 minutes ago, it would still count; its key is two rotations old.
  for (const call of [me, tracks]) {
    expect(await call(person.token)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } })
    expectStatus(200, await call(after.access_token))
  }
  const last = expectStatus(200, await refresh(after.refresh_token))
  expect(kidOf(last.access_token)).toBe(third)
  expectStatus(200, await me(last.access_token))
})

test('a token under a key that nobody has read yet has it read', async () => {
  const { token, refresh_token } = await client.join()
  expectStatus(200, await me(token))
  await rotateSecret('JwtSecret')
  await control('clock', { advance_ms: 31_000 })

  const { access_token } = expectStatus(200, await refresh(refresh_token))

  expectStatus(200, await me(access_token))
})

test('what was sealed before a rotation is opened after it', async () => {
  const { refresh_token } = await client.join()
  const first = expectStatus(200, await refresh(refresh_token))

  await rotateSecret('FieldSecret')
  const again = expectStatus(200, await refresh(refresh_token))

  // The lost answer, once more: it was sealed under the key of before.
  expect(again.refresh_token).toBe(first.refresh_token)
  await forget()
  const next = expectStatus(200, await refresh(again.refresh_token))
  const repeated = expectStatus(200, await refresh(again.refresh_token))
  expect(repeated.refresh_token).toBe(next.refresh_token)
})
