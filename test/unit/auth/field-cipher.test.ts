import { createFieldCipher } from '../../../lib/auth/field-cipher.ts'
import { parseKeyRing } from '../../../lib/auth/key-ring.ts'

const first = parseKeyRing(JSON.stringify({ kid: '1', key: 'a'.repeat(64) }))
const rotated = parseKeyRing(
  JSON.stringify({ kid: '2', key: 'b'.repeat(64), previous_kid: '1', previous_key: 'a'.repeat(64) }),
)
const unrelated = parseKeyRing(JSON.stringify({ kid: '1', key: 'c'.repeat(64) }))
const cipherOf = (ring: typeof first) => createFieldCipher({ loadKeys: async () => ring })

test('opens what it sealed, and seals differently every time', async () => {
  const cipher = cipherOf(first)
  const [one, two] = await Promise.all([cipher.seal('token'), cipher.seal('token')])

  expect(one).not.toBe(two)
  expect(one).not.toContain('token')
  expect(await cipher.open(one)).toBe('token')
})

test('opens what was sealed before a rotation', async () => {
  expect(await cipherOf(rotated).open(await cipherOf(first).seal('token'))).toBe('token')
})

test('refuses a changed value, another key and an unknown one', async () => {
  const sealed = await cipherOf(first).seal('token')
  const parts = sealed.split('.')
  const changed = [
    ...parts.slice(0, 3),
    parts[3]!.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
    parts[4],
  ].join('.')

  await expect(cipherOf(first).open(changed)).rejects.toThrow()
  await expect(cipherOf(unrelated).open(sealed)).rejects.toThrow()
  await expect(cipherOf(first).open(await cipherOf(rotated).seal('token'))).rejects.toThrow()
})

test('asks for fresh keys when a value names one that is not known yet', async () => {
  const cipher = createFieldCipher({
    loadKeys: async (maxAgeMs) => (maxAgeMs === undefined ? first : rotated),
  })

  expect(await cipher.open(await cipherOf(rotated).seal('token'))).toBe('token')
})
