import { type Checks, createReadiness } from '../../../lib/system/readiness.ts'

const fine = async () => 'fine'
const never = () => new Promise(() => {})

function readinessOf(checks: Partial<Checks>, now: () => number = () => 0) {
  let asked = 0
  const check = createReadiness({
    loadChecks: async () => {
      asked++
      return { database: fine, queue: fine, storage: fine, cache: fine, ...checks }
    },
    now,
    budgetMs: 20,
  })
  return { check, asked: () => asked }
}

test('is ready when everything answers', async () => {
  expect(await readinessOf({}).check()).toEqual({
    status: 'ready',
    checks: { database: 'ok', queue: 'ok', storage: 'ok', cache: 'ok' },
  })
})

test.each([
  { name: 'refuses', check: () => Promise.reject(new Error('no')) },
  {
    name: 'fails at once',
    check: () => {
      throw new Error('no')
    },
  },
  { name: 'never answers', check: never },
])('is not ready when one of them $name, and names it', async ({ check }) => {
  expect(await readinessOf({ queue: check }).check()).toEqual({
    status: 'not_ready',
    checks: { database: 'ok', queue: 'failing', storage: 'ok', cache: 'ok' },
  })
})

test('tells a check that its time is over', async () => {
  let aborted = false
  const storage = (signal: AbortSignal) =>
    new Promise(() => signal.addEventListener('abort', () => (aborted = true)))

  await readinessOf({ storage }).check()

  expect(aborted).toBe(true)
})

test('asks again only after five seconds, however often it is asked', async () => {
  let time = 0
  const { check, asked } = readinessOf({}, () => time)

  await Promise.all([check(), check(), check()])
  time = 4_999
  await check()
  expect(asked()).toBe(1)

  time = 5_000
  await check()
  expect(asked()).toBe(2)
})

test('recovers after the clients could not be made', async () => {
  let time = 0
  let attempts = 0
  const check = createReadiness({
    loadChecks: async () => {
      attempts++
      if (attempts === 1) throw new Error('no client')
      return { database: fine, queue: fine, storage: fine, cache: fine }
    },
    now: () => time,
  })

  await expect(check()).rejects.toThrow('no client')
  time = 5_000
  expect(await check()).toMatchObject({ status: 'ready' })
})
