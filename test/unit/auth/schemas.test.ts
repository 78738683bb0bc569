import { email } from '../../../lib/auth/schemas.ts'
import { username } from '../../../lib/auth/username.ts'

test.each([
  ['  Nova@Example.COM ', 'nova@example.com'],
  ['nova+live@sub.example.co.uk', 'nova+live@sub.example.co.uk'],
  ['nova@BÜCHER.example', 'nova@bücher.example'],
  ["o'neil@example.com", "o'neil@example.com"],
  ['n`o~v+a@my-label.example', 'n`o~v+a@my-label.example'],
  [`${'x'.repeat(64)}@${'y'.repeat(63)}.example`, `${'x'.repeat(64)}@${'y'.repeat(63)}.example`],
  ['nova@xn--bcher-kva.example', 'nova@xn--bcher-kva.example'],
])('reads the address %j as %j', (given, expected) => {
  expect(email.parse(given)).toBe(expected)
})

test.each([
  '',
  'nova',
  '@example.com',
  'nova@',
  'nova@localhost',
  'nova@@example.com',
  'nova@-example.com',
  'nova@example-.com',
  'nova@example.-com',
  'nova@example.c',
  `nova@${'x'.repeat(64)}.com`,
  `${'x'.repeat(65)}@example.com`,
  'nova..live@example.com',
  '.nova@example.com',
  'no va@example.com',
  'nova@example.com\r\nBcc: all@example.com',
  'nova\0@example.com',
  'nova@example.com, other@example.com',
  'Nova <nova@example.com>',
  'nova@example.com;drop table users',
  `${'x'.repeat(250)}@example.com`,
])('refuses the address %j', (given) => {
  expect(email.safeParse(given).success).toBe(false)
})

test('refuses a megabyte of address for its length alone', () => {
  const { error } = email.safeParse(`${'a.'.repeat(500_000)}@`)

  expect(error?.issues.map(({ code }) => code)).toEqual(['too_big'])
})

test('folds a username to lower case', () => {
  expect(username.parse('Nova_DJ')).toBe('nova_dj')
})

test.each(['ab', 'x'.repeat(31), 'nova dj', ' nova', 'nova-dj', 'növa', 'nova\0', "nova'--", '🎧🎧🎧'])(
  'refuses the username %j',
  (given) => {
    expect(username.safeParse(given).success).toBe(false)
  },
)
