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

test.each([
  { name: 'Cyrillic', given: '\u0430dmin_dj' },
  { name: 'Greek', given: 'n\u03bfva_dj' },
  { name: 'full-width', given: '\uff4e\uff4f\uff56\uff41' },
  { name: 'a zero-width space', given: 'no\u200bva' },
  { name: 'a zero-width joiner', given: 'no\u200dva' },
  { name: 'a soft hyphen', given: 'no\u00adva' },
  { name: 'a word joiner', given: 'nova\u2060' },
  { name: 'a right-to-left override', given: '\u202enova' },
  { name: 'a combining mark', given: 'nova\u0301' },
  { name: 'the Kelvin sign, which folds to k', given: '\u212aevin' },
  { name: 'the long s', given: '\u017fteve' },
  { name: 'a dotted capital I', given: '\u0130van' },
  { name: 'a dotless i', given: '\u0131van' },
  { name: 'a ligature', given: '\ufb01nn' },
  { name: 'mathematical letters', given: '\u{1d427}\u{1d428}\u{1d42f}\u{1d41a}' },
  { name: 'Arabic digits', given: 'nova\u0661' },
  { name: 'a low line that is none', given: 'nova\uff3fdj' },
])('refuses a username that only looks like another one: $name', ({ given }) => {
  expect(username.safeParse(given).success).toBe(false)
})

test.each(['ab', 'x'.repeat(31), 'nova dj', ' nova', 'nova-dj', 'növa', 'nova\0', "nova'--", '🎧🎧🎧'])(
  'refuses the username %j',
  (given) => {
    expect(username.safeParse(given).success).toBe(false)
  },
)
