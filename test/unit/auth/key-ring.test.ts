import { createKeyLoader, parseKeyRing } from '../../../lib/auth/key-ring.ts'

const key = 'k'.repeat(32)

test('reads the current key and the previous one', () => {
  const ring = parseKeyRing(
    JSON.stringify({ kid: '2', key, previous_kid: '1', previous_key: 'p'.repeat(40) }),
  )

  expect(ring.kid).toBe('2')
  expect([...ring.keys.keys()].sort()).toEqual(['1', '2'])
})

test.each([
  { name: 'no JSON', secret: 'plain' },
  { name: 'no key', secret: '{"kid":"1"}' },
  { name: 'a key of another type', secret: '{"kid":1,"key":2}' },
  { name: 'a key of 31 bytes', secret: JSON.stringify({ kid: '1', key: 'k'.repeat(31) }) },
  { name: 'a previous kid without its key', secret: JSON.stringify({ kid: '1', key, previous_kid: '0' }) },
])('fails on a secret with $name', ({ secret }) => {
  expect(() => parseKeyRing(secret)).toThrow()
})

test('never shows the secret in a failure', () => {
  expect(() => parseKeyRing(JSON.stringify({ kid: '1', key: 'short-secret' }))).not.toThrow(/short-secret/)
})

test('passes on how old the keys may be', async () => {
  const asked: unknown[] = []
  const load = createKeyLoader(
    {
      read: async (...args) => {
        asked.push(args)
        return JSON.stringify({ kid: '1', key })
      },
    },
    'arn:jwt',
  )

  await load()
  await load(30)

  expect(asked).toEqual([
    ['arn:jwt', undefined],
    ['arn:jwt', 30],
  ])
})
