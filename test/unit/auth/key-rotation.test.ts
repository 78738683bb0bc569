import { randomUUID } from 'node:crypto'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'
import { createKeyRotation, type RotationEvent, rotationEvent } from '../../../lib/auth/key-rotation.ts'

const first = { kid: '1', key: 'a'.repeat(64) }

/** One secret as Secrets Manager keeps it, with a version announced for the token. */
function setUp({ isRotating = true, pending = ['AWSPENDING'] as readonly string[] | null } = {}) {
  const token = randomUUID()
  const stages = new Map<string, readonly string[]>([['v1', ['AWSCURRENT']]])
  if (pending) stages.set(token, pending)
  const values = new Map([['v1', JSON.stringify(first)]])
  const added: string[] = []
  const at = (stage: string) => [...stages].find(([, names]) => names.includes(stage))?.[0]
  const rotate = createKeyRotation({
    versions: {
      describe: async () => ({
        isRotating,
        stages: new Map([...stages].map(([id, names]) => [id, [...names]])),
      }),
      read: async (_, stage, id) => values.get(id ?? at(stage) ?? ''),
      add: async (_, id, value) => {
        added.push(value)
        values.set(id, value)
      },
      makeCurrent: async (_, id, from) => {
        stages.set(from, ['AWSPREVIOUS'])
        stages.set(id, ['AWSPENDING', 'AWSCURRENT'])
      },
    },
  })
  const step = (Step: RotationEvent['Step'], ClientRequestToken = token) =>
    rotate({ Step, SecretId: 'arn:secret', ClientRequestToken })
  return { token, stages, values, added, step, at }
}

const all = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const

test('makes a new key and keeps the one in use', async () => {
  const { token, values, step, at } = setUp()
  for (const name of all) await step(name)

  const ring = parseKeyRing(values.get(token)!)
  expect(at('AWSCURRENT')).toBe(token)
  expect(ring.kid).toBe(token)
  expect([...ring.keys.keys()]).toEqual(['1', token])
  expect(Buffer.from(ring.keys.get('1')!).toString()).toBe(first.key)
  expect(ring.keys.get(token)).toHaveLength(64)
})

test.each(all)('%s may run twice', async (repeated) => {
  const { token, values, added, step, at } = setUp()
  for (const name of all) {
    await step(name)
    if (name === repeated) await step(name)
  }

  expect(added).toHaveLength(1)
  expect(values.get(token)).toBe(added[0])
  expect(at('AWSCURRENT')).toBe(token)
})

test('does nothing more once the version is current', async () => {
  const { added, step } = setUp()
  for (const name of [...all, ...all]) await step(name)

  expect(added).toHaveLength(1)
})

test('makes a key of its own every time', async () => {
  const [one, other] = [setUp(), setUp()]
  await one.step('createSecret')
  await other.step('createSecret')

  expect(JSON.parse(one.added[0]!).key).not.toBe(JSON.parse(other.added[0]!).key)
})

test.each([
  { name: 'a secret that does not rotate', options: { isRotating: false }, message: 'not enabled' },
  { name: 'a version that nobody announced', options: { pending: null }, message: 'has no version' },
  {
    name: 'a version that is not pending',
    options: { pending: ['AWSPREVIOUS'] },
    message: 'not being rotated to',
  },
])('refuses $name', async ({ options, message }) => {
  const { added, step } = setUp(options)

  for (const name of all) await expect(step(name)).rejects.toThrow(message)
  expect(added).toEqual([])
})

test.each([
  { name: 'nothing', value: undefined },
  { name: 'no JSON', value: 'text' },
  { name: 'a short key', value: JSON.stringify({ kid: '2', key: 'short' }) },
  { name: 'no key but its own', value: JSON.stringify({ kid: '2', key: 'b'.repeat(64) }) },
  {
    name: 'another key under the name of the present one',
    value: JSON.stringify({ kid: '2', key: 'b'.repeat(64), previous_kid: '1', previous_key: 'c'.repeat(64) }),
  },
  {
    name: 'the same key under another name',
    value: JSON.stringify({ kid: '2', key: first.key, previous_kid: '1', previous_key: first.key }),
  },
])('does not make a version current that holds $name', async ({ value }) => {
  const { token, values, step, at } = setUp()
  if (value !== undefined) values.set(token, value)

  await expect(step('testSecret')).rejects.toThrow()
  await expect(step('finishSecret')).rejects.toThrow()
  expect(at('AWSCURRENT')).toBe('v1')
})

test('lets a schedule be tested with the version there is', async () => {
  const { token, values, step } = setUp()
  values.set(token, JSON.stringify(first))

  await expect(step('testSecret')).resolves.toBeUndefined()
})

test.each([JSON.stringify({ kid: '2', key: 'b'.repeat(64) }), 'b'.repeat(64)])(
  'says nothing of the keys when it refuses',
  async (value) => {
    const { token, values, step } = setUp()
    values.set(token, value)

    const error = await step('testSecret').catch((cause: Error) => cause)
    expect(String(error)).not.toMatch(/aaaa|bbbb/)
  },
)

test.each([
  { Step: 'deleteSecret', SecretId: 's', ClientRequestToken: 't'.repeat(32) },
  { Step: 'createSecret', SecretId: 's', ClientRequestToken: 'short' },
  { Step: 'createSecret', SecretId: 's' },
  {},
])('takes no event like %j', (event) => {
  expect(rotationEvent.safeParse(event).success).toBe(false)
})
