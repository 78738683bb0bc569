import fc from 'fast-check'
import { authRoutes } from '../../../functions/auth/routes.ts'
import type { Route } from '../../../lib/http/route.ts'
import { createAccountsApi, createClock } from '../../support/accounts.ts'
import { useDatabase } from '../../support/database.ts'

const db = useDatabase()
const { request } = createAccountsApi(db.sql, createClock())

const routes = Object.entries<Route>(authRoutes)
  .filter(([, { auth, body }]) => auth === 'none' && body !== undefined)
  .map(([name, route]) => ({ name, route, fields: fieldsOf(route) }))

/** What marks a string that must not come back. */
const mark = 'S3cr3tM4rk'
const budgetMs = 8_000

interface Shaped {
  readonly shape?: Readonly<Record<string, unknown>>
  readonly innerType?: { readonly _zod: { readonly def: Shaped } }
  readonly options?: readonly { readonly _zod: { readonly def: Shaped } }[]
}

/** The members of the body, those of every kind of body where there are several. */
function fieldsOf({ body }: Route): string[] {
  const namesIn = ({ shape = {}, innerType, options = [] }: Shaped): string[] => [
    ...Object.keys(shape),
    ...(innerType ? namesIn(innerType._zod.def) : []),
    ...options.flatMap(({ _zod }) => namesIn(_zod.def)),
  ]
  return [...new Set(namesIn(body!._zod.def as unknown as Shaped))]
}

const oddText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '',
    ' ',
    '\0',
    '\ud800',
    '\u202e',
    '\ufeff',
    '🎧'.repeat(40),
    "' or 1=1 --",
    '{{7*7}}',
    '%00',
  ),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'null',
    'true',
    '-0',
    '1e999',
    '../../etc/passwd',
    '\r\nBcc: a@b.c',
  ),
  fc.nat({ max: 200_000 }).map((length) => 'x'.repeat(length)),
)

const secretText = fc.oneof(
  oddText.map((text) => `${mark}${text}`),
  fc.string({ minLength: 8, maxLength: 60 }).map((text) => `${mark}${text}`),
  fc.constant(mark + 'x'.repeat(33)),
)

const anyValueOf = (field: string): fc.Arbitrary<unknown> => {
  const fitting: Record<string, fc.Arbitrary<unknown>> = {
    email: fc.emailAddress(),
    username: fc.stringMatching(/^[a-z0-9_]{3,30}$/),
    identifier: fc.oneof(fc.emailAddress(), fc.stringMatching(/^[a-z0-9_]{3,30}$/)),
    code: fc.stringMatching(/^\d{6}$/),
  }
  const right = fitting[field] ?? secretText
  return fc.oneof(
    { weight: 6, arbitrary: right },
    { weight: 2, arbitrary: secretText },
    { weight: 2, arbitrary: oddText },
    { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  )
}

/** Most members right, some odd, some left out, now and then one too many. */
const nearlyValid = (fields: readonly string[]) => {
  const members = fc.record(Object.fromEntries(fields.map((field) => [field, anyValueOf(field)])), {
    requiredKeys: [],
  })
  const more = fc.oneof(
    { weight: 5, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.dictionary(oddText, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 2 }) },
  )
  return fc.tuple(members, more).map(([body, extra]) => JSON.stringify({ ...body, ...extra }))
}

const nested = fc.nat({ max: 5_000 }).map((depth) => '['.repeat(depth) + ']'.repeat(depth))

const anyBody = (fields: readonly string[]) =>
  fc.oneof(
    { weight: 8, arbitrary: nearlyValid(fields) },
    { weight: 3, arbitrary: fc.json({ maxDepth: 6 }) },
    { weight: 1, arbitrary: nested },
    { weight: 1, arbitrary: oddText },
  )

test('there are routes to try, each with members', () => {
  expect(routes.length).toBeGreaterThanOrEqual(8)
  expect(routes.filter(({ fields }) => fields.length === 0)).toEqual([])
})

test.each(routes)('whatever $name is sent, it neither fails nor repeats it', async ({ route, fields }) => {
  const property = fc.asyncProperty(anyBody(fields), async (rawBody) => {
    const { status, type, text, headers } = await request(route, { rawBody })

    expect(status).toBeLessThan(500)
    if (status >= 400) expect(type).toBe('application/problem+json')
    expect(text.includes(mark)).toBe(false)
    expect(JSON.stringify(headers).includes(mark)).toBe(false)
  })

  await fc.assert(property, { numRuns: 120, interruptAfterTimeLimit: budgetMs / routes.length })
})
