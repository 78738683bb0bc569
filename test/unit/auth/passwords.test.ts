import { refuseWeakPassword } from '../../../lib/auth/password-rules.ts'
import { createPasswords } from '../../../lib/auth/passwords.ts'
import { register } from '../../../lib/auth/schemas.ts'

const passwords = createPasswords({ cost: 4 })
const names = { username: 'nova_dj', email: 'nova.live@example.com' }

test('knows the password again, and no other', async () => {
  const stored = await passwords.hash('correct horse')

  expect(stored).toMatch(/^\$2b\$04\$/)
  expect(await passwords.matches('correct horse', stored)).toBe(true)
  expect(await passwords.matches('Correct horse', stored)).toBe(false)
  expect(await passwords.matches('anything', undefined)).toBe(false)
})

test('never matches by the first 72 bytes alone', async () => {
  const stored = await passwords.hash('x'.repeat(72))

  expect(await passwords.matches('x'.repeat(72), stored)).toBe(true)
  expect(await passwords.matches('x'.repeat(73), stored)).toBe(false)
})

test.each(['nova_dj', 'NOVA_DJ', 'nova.live', 'Nova.Live@example.com'])(
  'refuses %s as too easy to guess',
  (password) => {
    expect(() => refuseWeakPassword({ ...names, password })).toThrow(
      expect.objectContaining({ code: 'validation_failed' }),
    )
  },
)

test('takes a password that merely contains the username', () => {
  expect(() => refuseWeakPassword({ ...names, password: 'nova_dj plays at nine' })).not.toThrow()
})

test.each([
  { name: '7 characters', password: 'x'.repeat(7), ok: false },
  { name: '8 characters', password: 'x'.repeat(8), ok: true },
  { name: '72 bytes', password: 'é'.repeat(36), ok: true },
  { name: '73 bytes in 37 characters', password: `${'é'.repeat(36)}x`, ok: false },
  { name: 'a NUL', password: 'abcd\0efgh', ok: false },
  { name: 'half a surrogate pair', password: 'abcdefgh\ud800', ok: false },
  { name: 'emoji and spaces', password: ' 🎧 sound 🎧 ', ok: true },
])('a password of $name: $ok', ({ password, ok }) => {
  expect(register.safeParse({ ...names, password }).success).toBe(ok)
})

test('composed and decomposed letters are the same password', () => {
  const read = (password: string) => register.parse({ ...names, password }).password

  expect(read('cafe\u0301 noir')).toBe(read('caf\u00e9 noir'))
})
