import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { mockClient } from 'aws-sdk-client-mock'
import { createSecrets } from '../../../lib/aws/secrets.ts'

const minuteMs = 60_000

/** A store whose secret changes with every read, under a clock that is set by hand. */
function setUp() {
  const clock = { ms: 1_000_000 }
  const store = { reads: 0, fails: false }
  const secrets = createSecrets({
    now: () => clock.ms,
    fetchSecret: async (id) => {
      store.reads += 1
      if (store.fails) throw new Error('throttled')
      return `${id} ${store.reads}`
    },
  })
  return { clock, store, secrets }
}

test('reads once in five minutes', async () => {
  const { clock, secrets } = setUp()

  expect(await Promise.all([secrets.read('a'), secrets.read('a')])).toEqual(['a 1', 'a 1'])
  clock.ms += 5 * minuteMs - 1
  expect(await secrets.read('a')).toBe('a 1')
  clock.ms += 1
  expect(await secrets.read('a')).toBe('a 2')
})

test('reads again for a caller who wants it fresher, but not more often than that', async () => {
  const { clock, secrets } = setUp()
  await secrets.read('a')

  clock.ms += 29_999
  expect(await secrets.read('a', 30_000)).toBe('a 1')
  clock.ms += 1
  expect(await secrets.read('a', 30_000)).toBe('a 2')
  expect(await secrets.read('a', 30_000)).toBe('a 2')
})

test('does not remember a failure, nor forget what it knew', async () => {
  const { clock, store, secrets } = setUp()
  store.fails = true
  await expect(secrets.read('a')).rejects.toThrow('throttled')
  store.fails = false
  expect(await secrets.read('a')).toBe('a 2')

  clock.ms += minuteMs
  store.fails = true
  await expect(secrets.read('a', 1)).rejects.toThrow('throttled')
  expect(await secrets.read('a')).toBe('a 2')
})

test('keeps secrets apart', async () => {
  const { secrets } = setUp()

  expect([await secrets.read('a'), await secrets.read('b')]).toEqual(['a 1', 'b 2'])
})

test('asks Secrets Manager for the text', async () => {
  const client = mockClient(SecretsManagerClient)
  client.on(GetSecretValueCommand, { SecretId: 'arn:jwt' }).resolves({ SecretString: 'text' })
  client.on(GetSecretValueCommand, { SecretId: 'arn:binary' }).resolves({})

  expect(await createSecrets().read('arn:jwt')).toBe('text')
  await expect(createSecrets().read('arn:binary')).rejects.toThrow('has no text')
})
