import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core'
import { expectStatus, type Json, type Person } from '../../infra/local/client.ts'
import { createApp } from '../support/factors.ts'
import { newClient } from '../support/platform.ts'

/** The ceremonies with a real browser and its virtual authenticator: what the software one of the other tests stands for. */
const client = await newClient()
const post = (path: string, body: object | undefined, token?: string) =>
  client.request('POST', `/api/v1/auth/${path}`, { body, token })

const args = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
]

let browser: Browser
let page: Page
let devtools: CDPSession
let person: Person

beforeAll(async () => {
  person = await client.join('passkey')
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args })
  page = await browser.newPage()
  await page.route('**/*', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>Veza</title>' }),
  )
  await page.goto('http://localhost:5173/')
  devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
})

afterAll(() => browser?.close())

/** As a page does it with what the API gives and takes. */
const create = (options: Json): Promise<Json> =>
  page.evaluate(`
    navigator.credentials
      .create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)}) })
      .then((credential) => credential.toJSON())
  `)
const get = (options: Json): Promise<Json> =>
  page.evaluate(`
    navigator.credentials
      .get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)}) })
      .then((credential) => credential.toJSON())
  `)

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())

async function loginWithPasskey(mfa: { mfa_token?: string } = {}) {
  const { challenge_token, options } = expectStatus(200, await post('passkeys/login/options', mfa))
  return post('passkeys/login', { challenge_token, credential: await get(options), ...mfa })
}

test('a browser registers a passkey and signs in with it, alone and as the second factor', async () => {
  const { challenge_token, options } = expectStatus(
    200,
    await post('passkeys/options', undefined, person.token),
  )
  const credential = await create(options)
  const passkey = expectStatus(
    201,
    await post('passkeys', { challenge_token, credential, name: 'Chromium' }, person.token),
  )
  expect(passkey).toMatchObject({ name: 'Chromium', transports: ['internal'], last_used_at: null })

  const alone = expectStatus(200, await loginWithPasskey())
  expect(alone).toMatchObject({ user: { username: person.username } })
  expect(claimsOf(alone.access_token)).toMatchObject({ acr: 'aal2' })

  const { secret } = expectStatus(200, await post('2fa/setup', undefined, alone.access_token))
  const code = createApp(secret, () => new Date())()
  expectStatus(200, await post('2fa/enable', { code }, alone.access_token))
  const { email: identifier, password } = person
  const { mfa_token, methods } = expectStatus(200, await post('login', { identifier, password }))
  expect(methods).toContain('passkey')
  const second = expectStatus(200, await loginWithPasskey({ mfa_token }))
  expect(claimsOf(second.access_token)).toMatchObject({ acr: 'aal2', sub: person.user.id })

  const { data } = expectStatus(
    200,
    await client.request('GET', '/api/v1/auth/passkeys', { token: second.access_token }),
  )
  expect(data).toMatchObject([{ id: passkey.id, last_used_at: expect.any(String) }])
})

test('a page of another origin gets nothing out of the passkey', async () => {
  const { challenge_token, options } = expectStatus(200, await post('passkeys/login/options', {}))
  const credential = await get(options)
  const client_data = JSON.parse(Buffer.from(credential.response.clientDataJSON, 'base64url').toString())
  const clientDataJSON = Buffer.from(
    JSON.stringify({ ...client_data, origin: 'https://evil.example' }),
  ).toString('base64url')

  const answer = await post('passkeys/login', {
    challenge_token,
    credential: { ...credential, response: { ...credential.response, clientDataJSON } },
  })

  expect(answer).toMatchObject({ status: 401, body: { code: 'invalid_credentials' } })
})
