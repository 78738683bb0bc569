import { authRoutes } from '../../../functions/auth/routes.ts'
import { createAccountsApi, createClock, password } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'
import { enrol, twoFactorLogin } from '../../support/factors.ts'

const db = useDatabase()
const clock = createClock()
const api = createAccountsApi(db.sql, clock)
const { request } = api

const outcome = ({ status, problem }: { status: number; problem?: { code?: string } }) => [
  status,
  problem?.code,
]
const answerWith = (body: object) => request(authRoutes.answerTwoFactor, { body })
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0')
const trailOf = (userId: string, action: string) =>
  db.sql`
    select outcome, session_id, details from audit_events
    where user_id = ${userId} and action = ${action} order by id
  `
/** Whether no code can be right any more. */
const isOver = (problem: object) => 'is_over' in problem
const sessionsOf = async (userId: string) =>
  (await db.sql`select id from sessions where user_id = ${userId}`).length

test('the right password alone gives no session but the way on', async () => {
  const { username, id } = await enrol(api)
  const before = await sessionsOf(id)

  const { status, body, headers, cookies } = await request(twoFactorLogin, {
    body: { identifier: username, password, cookie: true },
  })

  expect([status, headers['cache-control'], cookies]).toEqual([200, 'no-store', []])
  expect(body).toEqual({
    mfa_required: true,
    mfa_token: expect.stringMatching(/^[\w-]{43}$/),
    methods: ['totp', 'recovery_code'],
    expires_in: 300,
  })
  expect(await sessionsOf(id)).toBe(before)
  expect(await trailOf(id, 'two_factor.asked')).toMatchObject([{ outcome: 'success', session_id: null }])
  const rows = await db.sql`select token_hash from auth_challenges where user_id = ${id}`
  expect(rows[0]!.token_hash.toString('base64url')).not.toBe(body.mfa_token)
})

test('a wrong password is refused as on any account', async () => {
  const { username } = await enrol(api)

  expect(outcome(await api.login(username, 'not the password'))).toEqual([401, 'invalid_credentials'])
})

test('a code of the app finishes the sign-in, as one of two factors', async () => {
  const { id, challenge, nextCode } = await enrol(api)
  const mfa_token = await challenge()

  const { status, body } = await answerWith({ mfa_token, code: nextCode() })

  expect(status).toBe(200)
  expect(body).toMatchObject({ user: { id }, refresh_token: expect.any(String) })
  expect(claimsOf(body.access_token)).toMatchObject({
    acr: 'aal2',
    auth_time: Math.floor(clock.now().getTime() / 1000),
  })
  expect(await trailOf(id, 'two_factor.challenged')).toEqual([
    { outcome: 'success', session_id: body.session_id, details: { method: 'totp' } },
  ])
})

test.each([-30, 0, 30])('takes the code of %i seconds from now', async (offset) => {
  const { challenge, codeNow } = await enrol(api)
  clock.advance(60)

  expect((await answerWith({ mfa_token: await challenge(), code: codeNow(offset) })).status).toBe(200)
})

test.each([-60, 60])('refuses the code of %i seconds from now', async (offset) => {
  const { challenge, codeNow } = await enrol(api)
  clock.advance(120)

  const answer = await answerWith({ mfa_token: await challenge(), code: codeNow(offset) })
  expect(outcome(answer)).toEqual([401, 'invalid_code'])
})

test('a code works once, even in another sign-in, and so does none before it', async () => {
  const { challenge, nextCode, codeNow } = await enrol(api)
  const code = nextCode()
  await answerWith({ mfa_token: await challenge(), code })

  expect(outcome(await answerWith({ mfa_token: await challenge(), code }))).toEqual([401, 'invalid_code'])
  const older = await answerWith({ mfa_token: await challenge(), code: codeNow(-30) })
  expect(outcome(older)).toEqual([401, 'invalid_code'])
})

test('of 20 uses of one code at once, each in a sign-in of its own, one wins', async () => {
  const { challenge, nextCode, id } = await enrol(api)
  const tokens = await Promise.all(Array.from({ length: 20 }, () => challenge()))
  const code = nextCode()
  const before = await sessionsOf(id)

  const answers = await Promise.all(tokens.map((mfa_token) => answerWith({ mfa_token, code })))

  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ problem }) => problem.code === 'invalid_code')).toHaveLength(19)
  expect(await sessionsOf(id)).toBe(before + 1)
})

test('a challenge is dead after five wrong codes, whatever comes then', async () => {
  const { challenge, nextCode } = await enrol(api)
  const mfa_token = await challenge()
  const code = nextCode()

  for (let attempt = 0; attempt < 5; attempt++) {
    expect(outcome(await answerWith({ mfa_token, code: wrong(code) }))).toEqual([401, 'invalid_code'])
  }
  expect(outcome(await answerWith({ mfa_token, code }))).toEqual([401, 'invalid_code'])
})

test('of 30 guesses at once five are looked at', async () => {
  const { challenge, nextCode, id } = await enrol(api)
  const mfa_token = await challenge()
  const code = wrong(nextCode())

  const answers = await Promise.all(Array.from({ length: 30 }, () => answerWith({ mfa_token, code })))

  expect(answers.filter(({ problem }) => !isOver(problem))).toHaveLength(5)
  expect(answers.filter(({ problem }) => isOver(problem))).toHaveLength(25)
  expect(await trailOf(id, 'two_factor.challenged')).toMatchObject(Array(5).fill({ outcome: 'failure' }))
})

test('a challenge ends with its use, and after five minutes', async () => {
  const { challenge, nextCode } = await enrol(api)
  const used = await challenge()
  await answerWith({ mfa_token: used, code: nextCode() })
  const late = await challenge()
  clock.advance(300)

  expect(outcome(await answerWith({ mfa_token: used, code: nextCode() }))).toEqual([401, 'invalid_code'])
  expect(outcome(await answerWith({ mfa_token: late, code: nextCode() }))).toEqual([401, 'invalid_code'])
  expect(outcome(await answerWith({ mfa_token: 'never given', code: nextCode() }))).toEqual([
    401,
    'invalid_code',
  ])
})

test.each([
  { name: 'is suspended', change: { suspended_at: new Date(0) }, expected: [403, 'account_suspended'] },
  {
    name: 'must reset the password',
    change: { must_reset_password: true },
    expected: [403, 'password_reset_required'],
  },
])('refuses who $name since', async ({ change, expected }) => {
  const { id, challenge, nextCode } = await enrol(api)
  const mfa_token = await challenge()
  await db.sql`update users set ${db.sql(change)} where id = ${id}`

  expect(outcome(await answerWith({ mfa_token, code: nextCode() }))).toEqual(expected)
})

test('a code of somebody else is none', async () => {
  const mine = await enrol(api)
  const theirs = await enrol(api)

  const answer = await answerWith({ mfa_token: await mine.challenge(), code: theirs.nextCode() })

  expect(outcome(answer)).toEqual([401, 'invalid_code'])
})

describe('a recovery code', () => {
  test.each([
    { name: 'as it was shown', write: (code: string) => code },
    { name: 'without the dash', write: (code: string) => code.replace('-', '') },
    {
      name: 'in lower case, with blanks',
      write: (code: string) => ` ${code.toLowerCase().replace('-', ' ')} `,
    },
    {
      name: 'with letters for digits',
      write: (code: string) => code.replaceAll('0', 'o').replaceAll('1', 'l'),
    },
  ])('finishes the sign-in $name', async ({ write }) => {
    const { challenge, recovery_codes, id, email, access_token } = await enrol(api)

    const { status, body } = await answerWith({
      mfa_token: await challenge(),
      recovery_code: write(recovery_codes[0]!),
    })

    expect(status).toBe(200)
    expect((await request(authRoutes.getTwoFactor, { token: access_token })).body.recovery_codes_left).toBe(9)
    expect(await trailOf(id, 'two_factor.recovery_code_used')).toEqual([
      { outcome: 'success', session_id: body.session_id, details: { recovery_codes_left: 9 } },
    ])
    expect(
      await db.sql`
        select session_id from security_notices where user_id = ${id} and kind = 'recovery_code_used'
      `,
    ).toEqual([{ session_id: body.session_id }])
    const { text } = (await api.postbox.mailsTo(email)).at(-1)!
    expect(text.replaceAll('\n', ' ')).toContain('9 recovery codes are left.')
  })

  test('works once', async () => {
    const { challenge, recovery_codes } = await enrol(api)
    await answerWith({ mfa_token: await challenge(), recovery_code: recovery_codes[0]! })

    const again = await answerWith({ mfa_token: await challenge(), recovery_code: recovery_codes[0]! })
    expect(outcome(again)).toEqual([401, 'invalid_code'])
  })

  test('used ten times at once works once', async () => {
    const { challenge, recovery_codes } = await enrol(api)
    const tokens = await Promise.all(Array.from({ length: 10 }, () => challenge()))

    const answers = await Promise.all(
      tokens.map((mfa_token) => answerWith({ mfa_token, recovery_code: recovery_codes[0]! })),
    )

    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  test('of somebody else is none', async () => {
    const mine = await enrol(api)
    const theirs = await enrol(api)

    const answer = await answerWith({
      mfa_token: await mine.challenge(),
      recovery_code: theirs.recovery_codes[0]!,
    })
    expect(outcome(answer)).toEqual([401, 'invalid_code'])
  })
})

test.each([
  {},
  { mfa_token: 'x' },
  { mfa_token: 'x', code: '123456', recovery_code: 'AAAAA-AAAAA' },
  { mfa_token: 'x', code: 123_456 },
  { mfa_token: 'x', code: '' },
  { mfa_token: 'x', code: '1'.repeat(65) },
  { mfa_token: 'x'.repeat(2049), code: '123456' },
  { mfa_token: 'x', code: '123456', remember: 'yes' },
  { mfa_token: 'x', code: '123456', user_id: 'y' },
])('refuses a body that is none (%#)', async (body) => {
  expect(outcome(await answerWith(body))).toEqual([422, 'validation_failed'])
})
