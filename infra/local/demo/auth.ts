import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { type Answer, type Client, expectStatus, type Json } from '../client.ts'
import { detail, done, step } from './steps.ts'

const api = '/api/v1/auth'

/** An account from its registration to a stolen refresh token. */
export async function demonstrateAuth(client: Client) {
  const person = newPerson()
  const session = await enter(client, person)
  const totp = await turnOnSecondFactor(client, session.access_token)
  const second = await signInWithCode(client, person, totp)
  await replayRefreshToken(client, person, second)
  await readTrail(client, session.access_token)
  done(
    'A code was asked for and worked once; the stolen refresh token ended its session, and its owner was told.',
  )
}

type Person = ReturnType<typeof newPerson>

function newPerson() {
  const suffix = randomBytes(5).toString('hex')
  return {
    email: `demo.${suffix}@example.com`,
    username: `demo_${suffix}`,
    password: `correct horse ${suffix}`,
  }
}

async function enter(client: Client, person: Person): Promise<Json> {
  await step('Register', async () => expectStatus(202, await client.register(person)))
  const again = await client.register({ ...person, username: `${person.username}_2` })
  detail(`registering the same address again answers the same: ${again.status} ${JSON.stringify(again.body)}`)
  await step('Follow the link in the mail', async () => {
    const token = client.tokenOf(await client.mailTo(person.email, /verify/i))
    expectStatus(200, await client.request('POST', `${api}/verify-email`, { body: { token } }))
  })
  refused(await login(client, { ...person, password: 'not the password' }))
  const session = await step('Sign in', async () => expectStatus(200, await login(client, person)))
  detail(
    `access token for ${session.expires_in} s, refresh token of ${session.refresh_token.length} characters`,
  )
  return session
}

async function turnOnSecondFactor(client: Client, token: string): Promise<TOTP> {
  const setup = await step('Set up a second factor', async () =>
    expectStatus(200, await client.request('POST', `${api}/2fa/setup`, { token })),
  )
  detail(setup.otpauth_uri.replace(/secret=\w+/, 'secret=…'))
  const totp = new TOTP({ secret: Secret.fromBase32(setup.secret) })
  // The code of the step before, which is still good: each works once, and the present one is for the sign-in.
  const code = totp.generate({ timestamp: Date.now() - 30_000 })
  const { recovery_codes } = await step('Prove it with a code', async () =>
    expectStatus(200, await client.request('POST', `${api}/2fa/enable`, { token, body: { code } })),
  )
  detail(`${recovery_codes.length} recovery codes`)
  return totp
}

async function signInWithCode(client: Client, person: Person, totp: TOTP): Promise<Json> {
  const asked = await step('Sign in again', async () => expectStatus(200, await login(client, person)))
  detail(`a second factor is asked for: ${asked.methods.join(', ')}`)
  const challenge = (body: object) =>
    client.request('POST', `${api}/2fa/challenge`, { body: { mfa_token: asked.mfa_token, ...body } })
  const code = totp.generate()
  refused(await challenge({ code: code === '000000' ? '000001' : '000000' }))
  const session = await step('Enter the code', async () => expectStatus(200, await challenge({ code })))
  const next = expectStatus(200, await login(client, person))
  const body = { mfa_token: next.mfa_token, code }
  refused(await client.request('POST', `${api}/2fa/challenge`, { body }), 'the same code again')
  return session
}

async function replayRefreshToken(client: Client, { email }: Person, { refresh_token: stolen }: Json) {
  const refresh = (token: string) =>
    client.request('POST', `${api}/refresh`, { body: { refresh_token: token } })
  const second = await step('Refresh', async () => expectStatus(200, await refresh(stolen)))
  const repeated = expectStatus(200, await refresh(stolen))
  detail(
    `asked again within 30 s, as two tabs do, the same successor: ${repeated.refresh_token === second.refresh_token}`,
  )
  const third = await step('Refresh once more', async () =>
    expectStatus(200, await refresh(second.refresh_token)),
  )
  await step('A thief replays the first refresh token', async () => refused(await refresh(stolen)))
  refused(await refresh(third.refresh_token), 'and the owner’s own, for the family has ended')
  const mail = await step('The owner is told by mail', () => client.mailTo(email, /session/i))
  detail(mail.subject)
}

async function readTrail(client: Client, token: string) {
  const trail = await step('Read the security log', async () =>
    expectStatus(200, await client.request('GET', `${api}/security-events`, { token })),
  )
  for (const { at, action, outcome } of trail.data) detail(`${at}  ${action.padEnd(36)}${outcome}`)
}

const login = (client: Client, { email, password }: Pick<Person, 'email' | 'password'>) =>
  client.request('POST', `${api}/login`, { body: { identifier: email, password } })

function refused({ status, body }: Answer, what = 'refused') {
  if (status < 400) throw new Error(`Expected a refusal, got ${status}`)
  detail(`${what}: ${status} ${body.code}`)
}
