import { isCommonPassword, loadCommonPasswords } from '../../../lib/auth/common-passwords.ts'
import { createPasswordPolicy } from '../../../lib/auth/password-policy.ts'
import { isTooSimilar } from '../../../lib/auth/password-rules.ts'
import { isReservedUsername } from '../../../lib/auth/reserved-usernames.ts'
import { register } from '../../../lib/auth/schemas.ts'

const names = { username: 'nova_dj', email: 'nova.live@example.com' }
const identity = { ...names, display_name: 'Nova Live Sets' }

describe('similarity', () => {
  test.each([
    { password: 'nova_dj1', name: 'nova_dj' },
    { password: 'NOVA_DJ', name: 'nova_dj' },
    { password: 'jd_avon!', name: 'jd_avon' },
    { password: 'n1o2v3a4', name: 'nova' },
    { password: 'xx artist_of_the_night', name: 'Artist_of_the_night' },
    { password: 'example.com12', name: 'nova@example.com' },
    { password: 'ÉTOILE noire', name: 'étoile noire' },
  ])('$password is too much like $name', ({ password, name }) => {
    expect(isTooSimilar(password, name)).toBe(true)
  })

  test.each([
    { password: 'correct horse battery', name: 'artist_ab12cd34ef' },
    { password: 'correct horse ab12cd34ef', name: 'artist_ab12cd34ef' },
    { password: 'nova_dj plays at nine', name: 'nova_dj' },
    { password: 'zzzzzzzz', name: 'nova' },
    { password: 'zzzzzzzz', name: '' },
    { password: 'half of it is nova live set', name: 'nova live' },
  ])('$password is not like $name', ({ password, name }) => {
    expect(isTooSimilar(password, name)).toBe(false)
  })

  test('reads a long name through', () => {
    expect(isTooSimilar('x'.repeat(72), 'y'.repeat(254))).toBe(false)
  })
})

describe('the list of breached passwords', () => {
  test('holds more than ten thousand that are long enough to be chosen', async () => {
    const list = await loadCommonPasswords()

    expect(list.size).toBeGreaterThan(10_000)
    expect([...list].every((password) => password.length >= 8 && password === password.toLowerCase())).toBe(
      true,
    )
  })

  test.each(['password', 'PassWord1', '12345678', 'qwertyuiop', 'IloveYou'])('knows %s', async (password) => {
    expect(await isCommonPassword(password)).toBe(true)
  })

  test.each(['correct horse battery', 'kein Wort aus der Liste'])('does not know %s', async (password) => {
    expect(await isCommonPassword(password)).toBe(false)
  })
})

describe('the policy', () => {
  const policyWith = (isPwned: boolean) => createPasswordPolicy({ isPwned: async () => isPwned })

  test.each([
    { password: 'nova_dj_', isPwned: false, code: 'password_too_similar' },
    { password: 'Nova.Live@example.com', isPwned: false, code: 'password_too_similar' },
    { password: 'nova live sets', isPwned: false, code: 'password_too_similar' },
    { password: 'Password1', isPwned: false, code: 'password_breached' },
    { password: 'correct horse battery', isPwned: true, code: 'password_breached' },
  ])('refuses $password: $code', async ({ password, isPwned, code }) => {
    await expect(policyWith(isPwned).refuseWeak(password, identity, 'new_password')).rejects.toMatchObject({
      code: 'validation_failed',
      options: { errors: [{ pointer: '#/body/new_password', code }] },
    })
  })

  test('takes one that nobody would try', async () => {
    await expect(policyWith(false).refuseWeak('correct horse battery', identity)).resolves.toBeUndefined()
  })
})

describe('what a password is made of', () => {
  test.each([
    { name: '7 characters', password: 'x'.repeat(7), ok: false },
    { name: '8 characters', password: 'x'.repeat(8), ok: true },
    { name: '72 bytes', password: 'é'.repeat(36), ok: true },
    { name: '73 bytes in 37 characters', password: `${'é'.repeat(36)}x`, ok: false },
    { name: 'a NUL', password: 'abcd\0efgh', ok: false },
    { name: 'half a surrogate pair', password: 'abcdefgh\ud800', ok: false },
    { name: 'emoji and spaces', password: ' 🎧 sound 🎧 ', ok: true },
    { name: 'no capital, digit or sign', password: 'onlyletters', ok: true },
  ])('$name: $ok', ({ password, ok }) => {
    expect(register.safeParse({ ...names, password }).success).toBe(ok)
  })

  test('names what is wrong with one that is too long', () => {
    const { error } = register.safeParse({ ...names, password: 'x'.repeat(73) })

    expect(error?.issues).toMatchObject([{ path: ['password'], params: { code: 'password_too_long' } }])
  })

  test('composed and decomposed letters are the same password', () => {
    const read = (password: string) => register.parse({ ...names, password }).password

    expect(read('cafe\u0301 noir')).toBe(read('caf\u00e9 noir'))
  })
})

describe('reserved usernames', () => {
  test.each([
    'admin',
    'veza',
    'support',
    '_admin_',
    'ad_min',
    'supp0rt',
    'adm1n',
    'r00t',
    '__veza__',
    '5ecurity',
  ])('%s is', (username) => expect(isReservedUsername(username)).toBe(true))

  test.each(['nova_dj', 'administer', 'vezalia', 'artist_0x1', '808'])('%s is not', (username) =>
    expect(isReservedUsername(username)).toBe(false),
  )
})
