import { randomUUID } from 'node:crypto'
import { authRoutes } from '../../../functions/auth/routes.ts'
import { passkeyDomain } from '../../support/account-apis.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { createAuthenticator } from '../../support/authenticator.ts'
import { useDatabase } from '../../support/database.ts'
import { createCeremonies } from '../../support/passkeys.ts'

const db = useDatabase()
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request } = api
const { begin, add, login } = createCeremonies(api)

const outcome = ({ status, problem }: { status: number; problem?: { code?: string } }) => [
  status,
  problem?.code,
]
const list = (token: string, query = {}) => request(authRoutes.listPasskeys, { token, query })
const rename = (token: string, passkey_id: string, name: string) =>
  request(authRoutes.renamePasskey, { token, params: { passkey_id }, body: { name } })
const remove = (token: string, passkey_id: string) =>
  request(authRoutes.removePasskey, { token, params: { passkey_id } })
const trailOf = (userId: string) =>
  db.sql`
    select action, outcome, target from audit_events
    where user_id = ${userId} and action like 'passkey.%' order by id
  `
const noticesOf = async (userId: string) =>
  (await db.sql`select kind from security_notices where user_id = ${userId} order by id`).map(
    ({ kind }) => kind,
  )

async function signInWithPasskey(options = {}) {
  const user = await api.signIn()
  const authenticator = createAuthenticator(options)
  const { body } = await add(user.access_token, authenticator, {}, 'My phone')
  return { ...user, authenticator, passkey: body }
}

test('asks the browser for a passkey of this user, for this domain', async () => {
  const { access_token, id, username } = await api.signIn()

  const { challenge_token, options } = await begin(access_token)

  expect(challenge_token).toMatch(/^[\w-]{43}$/)
  expect(options).toMatchObject({
    rp: { id: passkeyDomain.rpId, name: 'Veza' },
    user: { id: Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'), name: username },
    attestation: 'none',
    excludeCredentials: [],
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  })
  expect(Buffer.from(options.challenge, 'base64url').length).toBeGreaterThanOrEqual(16)
})

test('registers, lists, renames and removes a passkey, and tells of it', async () => {
  const { access_token, id, passkey } = await signInWithPasskey({ isSynced: true })

  expect(passkey).toEqual({
    id: expect.any(String),
    name: 'My phone',
    transports: ['internal', 'hybrid'],
    is_backed_up: true,
    created_at: clock.now().toISOString(),
    last_used_at: null,
  })
  expect((await list(access_token)).body).toEqual({ data: [passkey], has_more: false, next_cursor: null })
  expect((await rename(access_token, passkey.id, ' Old phone ')).body).toEqual({
    ...passkey,
    name: 'Old phone',
  })
  expect(await remove(access_token, passkey.id)).toMatchObject({ status: 204, text: '' })
  expect((await list(access_token)).body.data).toEqual([])
  const target = `passkey:${passkey.id}`
  expect(await trailOf(id)).toEqual([
    { action: 'passkey.added', outcome: 'success', target },
    { action: 'passkey.renamed', outcome: 'success', target },
    { action: 'passkey.removed', outcome: 'success', target },
  ])
  expect(await noticesOf(id)).toEqual(['passkey_added', 'passkey_removed'])
})

test('a passkey that was removed signs nobody in', async () => {
  const { access_token, passkey, authenticator } = await signInWithPasskey()
  await remove(access_token, passkey.id)

  expect(outcome(await login(authenticator))).toEqual([401, 'invalid_credentials'])
})

test('a passkey without a name is given one', async () => {
  const { access_token } = await api.signIn()

  const { status, body } = await add(access_token, createAuthenticator())

  expect([status, body.name]).toEqual([201, 'Passkey'])
})

test('tells the browser which passkeys there are already, and takes none twice', async () => {
  const { access_token, authenticator } = await signInWithPasskey()
  const { options } = await begin(access_token)

  expect(options.excludeCredentials).toMatchObject([{ id: authenticator.credentialId }])
  expect(outcome(await add(access_token, authenticator))).toEqual([409, 'conflict'])
})

test('takes no passkey that is somebody else’s', async () => {
  const { authenticator } = await signInWithPasskey()
  const { access_token } = await api.signIn()

  expect(outcome(await add(access_token, authenticator))).toEqual([409, 'conflict'])
})

test('lists in pages', async () => {
  const { access_token, passkey } = await signInWithPasskey()
  const { body: second } = await add(access_token, createAuthenticator())

  const first = await list(access_token, { limit: 1 })
  const rest = await list(access_token, { limit: 1, cursor: first.body.next_cursor! })

  expect(first.body.data).toEqual([passkey])
  expect(rest.body).toEqual({ data: [second], has_more: false, next_cursor: null })
})

test('takes ten passkeys, even when many come at once', async () => {
  const { access_token, id } = await api.signIn()
  const begun = await Promise.all(Array.from({ length: 12 }, () => begin(access_token)))

  const answers = await Promise.all(
    begun.map(({ challenge_token, options }) =>
      request(authRoutes.addPasskey, {
        token: access_token,
        body: { challenge_token, credential: createAuthenticator().create(options) },
      }),
    ),
  )

  expect(answers.filter(({ status }) => status === 201)).toHaveLength(10)
  expect(answers.filter(({ problem }) => problem.code === 'too_many_passkeys')).toHaveLength(2)
  expect(outcome(await request(authRoutes.getPasskeyOptions, { token: access_token }))).toEqual([
    409,
    'too_many_passkeys',
  ])
  expect(await db.sql`select count(*) from passkeys where user_id = ${id}`).toEqual([{ count: 10 }])
})

test.each([
  { name: 'a page of another origin', how: { origin: 'https://evil.example' } },
  { name: 'an origin that only begins like ours', how: { origin: 'http://localhost:5173.evil.example' } },
  { name: 'another domain', how: { rpId: 'evil.example' } },
  { name: 'another challenge', how: { challenge: 'AAAAAAAAAAAAAAAAAAAAAA' } },
  { name: 'a frame of another origin', how: { crossOrigin: true } },
  { name: 'a sign-in', how: { type: 'webauthn.get' } },
  { name: 'nobody verified', how: { isUserVerified: false } },
  { name: 'nobody present', how: { isUserPresent: false } },
])('refuses the passkey of $name, and writes that down', async ({ how }) => {
  const { access_token, id } = await api.signIn()

  expect(outcome(await add(access_token, createAuthenticator(), how))).toEqual([400, 'invalid_request'])
  expect((await list(access_token)).body.data).toEqual([])
  expect(await trailOf(id)).toEqual([{ action: 'passkey.added', outcome: 'failure', target: null }])
})

test('a challenge is for one passkey, one user and five minutes', async () => {
  const { access_token } = await api.signIn()
  const other = await api.signIn()
  const finish = (token: string, { challenge_token, options }: Awaited<ReturnType<typeof begin>>) =>
    request(authRoutes.addPasskey, {
      token,
      body: { challenge_token, credential: createAuthenticator().create(options) },
    })

  const used = await begin(access_token)
  const answers = await Promise.all(Array.from({ length: 5 }, () => finish(access_token, used)))
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
  expect(answers.filter(({ problem }) => problem.code === 'invalid_token')).toHaveLength(4)

  expect(outcome(await finish(other.access_token, await begin(access_token)))).toEqual([400, 'invalid_token'])

  const late = await begin(access_token)
  clock.advance(300)
  expect(outcome(await finish(access_token, late))).toEqual([400, 'invalid_token'])
})

test('a challenge for signing in registers nothing', async () => {
  const { access_token } = await api.signIn()
  const { body } = await request(authRoutes.getPasskeyLoginOptions, { body: {} })

  const answer = await request(authRoutes.addPasskey, {
    token: access_token,
    body: { challenge_token: body.challenge_token, credential: createAuthenticator().create(body.options) },
  })

  expect(outcome(answer)).toEqual([400, 'invalid_token'])
})

test('the passkeys of others are not found', async () => {
  const { passkey, access_token: owner } = await signInWithPasskey()
  const { access_token } = await api.signIn()

  expect(outcome(await rename(access_token, passkey.id, 'Mine'))).toEqual([404, 'not_found'])
  expect(outcome(await remove(access_token, passkey.id))).toEqual([404, 'not_found'])
  expect(outcome(await remove(owner, randomUUID()))).toEqual([404, 'not_found'])
  expect((await list(access_token)).body.data).toEqual([])
  expect((await list(owner)).body.data).toEqual([passkey])
})

test.each(['getPasskeyOptions', 'addPasskey', 'removePasskey'] as const)(
  '%s asks for a fresh sign-in',
  async (name) => {
    const { refresh_token } = await api.signIn()
    clock.advance(15 * 60 + 1)
    const { body } = await request(authRoutes.refresh, { body: { refresh_token: refresh_token! } })

    const answer = await request(authRoutes[name], {
      token: body.access_token,
      ...(name === 'removePasskey' && { params: { passkey_id: randomUUID() } }),
      ...(name === 'addPasskey' && { body: {} }),
    })

    expect(outcome(answer)).toEqual([401, 'step_up_required'])
  },
)

test.each([
  { name: '' },
  { name: 'x'.repeat(61) },
  { name: 'a\u0007b' },
  { name: 7 },
  {},
  { name: 'ok', user_id: 'x' },
])('refuses a name that is none (%#)', async (body) => {
  const { access_token, passkey } = await signInWithPasskey()

  const answer = await request(authRoutes.renamePasskey, {
    token: access_token,
    params: { passkey_id: passkey.id },
    body,
  })

  expect(outcome(answer)).toEqual([422, 'validation_failed'])
})

test.each([
  { name: 'nothing', spoil: () => ({}) },
  { name: 'a key with letters that are none', spoil: (credential: object) => ({ ...credential, id: '*' }) },
  { name: 'a password', spoil: (credential: object) => ({ ...credential, type: 'password' }) },
  { name: 'no answer', spoil: (credential: object) => ({ ...credential, response: {} }) },
])('refuses a credential that is $name', async ({ spoil }) => {
  const { access_token } = await api.signIn()
  const { challenge_token, options } = await begin(access_token)
  const credential = spoil(createAuthenticator().create(options))

  const answer = await request(authRoutes.addPasskey, {
    token: access_token,
    body: { challenge_token, credential },
  })

  expect(outcome(answer)).toEqual([422, 'validation_failed'])
})

test.each([
  { name: 'clientDataJSON', value: 'AAAA' },
  { name: 'attestationObject', value: 'AAAA' },
  { name: 'attestationObject', value: 'o2NmbXRkbm9uZQ' },
])('refuses what cannot be read in $name', async ({ name, value }) => {
  const { access_token } = await api.signIn()
  const { challenge_token, options } = await begin(access_token)
  const credential = createAuthenticator().create(options)
  const spoilt = { ...credential, response: { ...credential.response, [name]: value } }

  const answer = await request(authRoutes.addPasskey, {
    token: access_token,
    body: { challenge_token, credential: spoilt },
  })

  expect(outcome(answer)).toEqual([400, 'invalid_request'])
})
