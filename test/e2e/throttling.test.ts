import { setTimeout as sleep } from 'node:timers/promises'
import { expectStatus } from '../../infra/local/client.ts'
import { newClient, randomAddress, randomName } from '../support/platform.ts'

const client = await newClient()
const wrong = 'not the password'

/** Counts begin anew every five minutes; what is counted here is to fall into one of them. */
async function awaitRoom() {
  const left = 300_000 - (Date.now() % 300_000)
  if (left < 20_000) await sleep(left)
}

beforeEach(awaitRoom)

/** A caller who stays in one place; the platform takes the header away, as nothing in front of AWS would set it. */
const from = (address: string) => ({
  post: (path: string, body: object, headers: Record<string, string> = {}) =>
    client.request('POST', `/api/v1/auth/${path}`, {
      body,
      headers: { 'x-local-client-ip': address, ...headers },
    }),
})

test('whoever guesses is shut out, and the owner still signs in on the device that is known', async () => {
  const { username, email, password } = await client.join('victim')
  const address = randomAddress()
  const { post } = from(address)
  const first = expectStatus(200, await post('login', { identifier: username, password }))

  const guesses = await Promise.all(
    Array.from({ length: 12 }, () => post('login', { identifier: username, password: wrong })),
  )
  expect(guesses.filter(({ status }) => status === 401)).toHaveLength(5)
  expect(guesses.filter(({ status }) => status === 429)).toHaveLength(7)
  const shut = await post('login', { identifier: username, password })
  expect(shut).toMatchObject({ status: 429, body: { code: 'too_many_attempts', status: 429 } })
  expect(Number(shut.headers.get('retry-after'))).toBeLessThanOrEqual(60)
  expect(shut.headers.get('content-type')).toBe('application/problem+json')

  const device = { 'x-device-token': first.device_token }
  expectStatus(200, await post('login', { identifier: username, password }, device))
  expectStatus(200, await from(randomAddress()).post('login', { identifier: email, password }))
})

test('a name that is nobody’s is shut out in the same words', async () => {
  const { post } = from(randomAddress())
  const nobody = randomName('nobody')

  const answers = []
  for (let i = 0; i < 6; i++) answers.push(await post('login', { identifier: nobody, password: wrong }))

  expect(answers.map(({ body }) => body.code)).toEqual([
    ...Array(5).fill('invalid_credentials'),
    'too_many_attempts',
  ])
})

test('a network registers five accounts in half an hour', async () => {
  const { post } = from(randomAddress())
  const register = () => {
    const username = randomName('flood')
    return post('register', { email: `${username}@example.com`, username, password: 'correct horse battery' })
  }

  const answers = []
  for (let i = 0; i < 6; i++) answers.push(await register())

  expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 429])
  const [first, last] = [answers[0]!.headers, answers[5]!.headers]
  expect(first.get('ratelimit-policy')).toBe('"register";q=5;w=1800')
  expect(first.get('ratelimit')).toMatch(/^"register";r=4;t=\d+$/)
  expect(answers[5]!.body.code).toBe('rate_limited')
  expect(last.get('ratelimit')).toMatch(/^"register";r=0;t=\d+$/)
  expect(last.get('retry-after')).toMatch(/^\d+$/)
})

test('no header makes one caller into two', async () => {
  const { post } = from(randomAddress())
  const left: (string | null)[] = []
  for (const name of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip']) {
    const value = name === 'forwarded' ? `for=${randomAddress()}` : randomAddress()
    const answer = await post('login', { identifier: randomName('x'), password: wrong }, { [name]: value })
    left.push(/;r=(\d+);/.exec(answer.headers.get('ratelimit') ?? '')?.[1] ?? null)
  }

  expect(left).toEqual(['24', '23', '22', '21'])
})

test('the mail for a forgotten password comes once, however often it is asked for', async () => {
  const { email } = await client.join('forgetful')
  const ask = (address: string) => from(randomAddress()).post('password/forgot', { email: address })

  const answers = [await ask(email), await ask(email), await ask(`nobody.${email}`)]

  expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1)
  expect(answers[0]!.status).toBe(202)
  await client.mailTo(email, /password/i)
  const { emails } = (await (await fetch(`${client.platform.mailbox_url}/store`)).json()) as {
    emails: { destination: { to: string[] }; subject: string }[]
  }
  const mails = emails.filter(
    ({ destination, subject }) => destination.to.includes(email) && /password/i.test(subject),
  )
  expect(mails).toHaveLength(1)
})
