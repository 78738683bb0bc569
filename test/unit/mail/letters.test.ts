import * as accountLetters from '../../../lib/mail/account-letters.ts'
import * as disputeLetters from '../../../lib/mail/dispute-letters.ts'
import { exclusiveSoldLetter, exclusiveTakenLetter } from '../../../lib/mail/exclusive-letters.ts'
import type { Mail } from '../../../lib/mail/letter.ts'
import * as orderLetters from '../../../lib/mail/order-letters.ts'
import * as payoutLetters from '../../../lib/mail/payout-letters.ts'
import { securityLetter } from '../../../lib/mail/security-letters.ts'
import { toldKinds } from '../../../lib/notices/notices.ts'
import { presets } from '../../../lib/products/presets.ts'

const appUrl = 'https://veza.example'
const token = 'a-token_1'

const values = {
  username: 'nova',
  appUrl,
  token,
  disownToken: 'another-token_2',
  new_email: 'nova@new.example',
  suspended_until: new Date('2026-06-01T00:00:00Z'),
  suspended_reason: 'Spam.\n<i>Again</i>',
  exportId: '0197-1',
  title: 'Low <b>Tide</b>',
  number: 2,
  filename: 'tide "final".wav',
  found_signature: 'Win.Test.Thing-1',
}

const notice = {
  kind: 'new_device',
  username: 'nova',
  created_at: new Date('2026-05-04T03:02:01Z'),
  ip: '192.0.2.7',
  user_agent:
    'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  recovery_codes_left: 0,
} as const

const hour = new Date('2026-11-30T12:34:56Z')
const items = [
  { title: 'Low <i>Tide</i>', tier_name: 'Lease "Basic"', amount: 2_000, is_revoked: true },
  {
    title: 'A title of more than a line, for it says all that there is to be said of it',
    tier_name: 'Stems',
    amount: 0,
    is_revoked: false,
  },
]
const order = { order_id: '0197-2', number: 1042, currency: 'eur', buyer: 'luna', items, paid_at: hour }
const receipt = { ...order, discount_amount: 500, total_amount: 1_500 }
const sale = { ...order, share_amount: 1_234, releases_at: hour }
const refund = { ...order, amount: 2_000, reason: 'duplicate', taken_amount: 1_234 }
const dispute = {
  ...order,
  amount: 1_500,
  disputed_currency: 'jpy',
  reason: 'product_not_received',
  evidence_due_at: hour,
  outcome: 'lost' as const,
  held_amount: 1_234,
  taken_amount: 1_234,
  licenses: [{ title: 'Low <i>Tide</i>', serial: 'VZ-0000-0000-0000-0001', status: 'revoked' }],
}
const exclusive = {
  order_id: '0197-2',
  number: 1042,
  title: 'Low <i>Tide</i>',
  track_id: '0197-3',
  earlier_count: 2,
}
const held = {
  serial: 'VZ-0000-0000-0000-0002',
  tier_name: 'Lease',
  issued_at: hour,
  terms: presets.basic_lease.terms,
}
const payout = {
  payout_id: '0197-4',
  amount: 1_000,
  currency: 'jpy',
  status: 'paid',
  failed_reason: null,
  created_at: hour,
}

/** Every letter of the marketplace. */
const tradeLetters = (username: string): { name: string; mail: Mail }[] => {
  const to = { username, appUrl }
  const { receiptLetter, conflictLetter, saleLetter, refundLetter, refundOfSaleLetter } = orderLetters
  return [
    { name: 'receipt', mail: receiptLetter(to, receipt) },
    { name: 'exclusive conflict', mail: conflictLetter(to, receipt) },
    { name: 'sale', mail: saleLetter(to, sale) },
    { name: 'refund', mail: refundLetter(to, refund) },
    { name: 'refund of a sale', mail: refundOfSaleLetter(to, refund) },
    { name: 'exclusive sold', mail: exclusiveSoldLetter(to, exclusive) },
    { name: 'exclusive taken', mail: exclusiveTakenLetter(to, exclusive, [held]) },
    ...Object.entries(disputeLetters).flatMap(([name, writer]) => [
      { name: `${name}, lost`, mail: writer(to, dispute) },
      { name: `${name}, won`, mail: writer(to, { ...dispute, outcome: 'won' }) },
    ]),
    ...Object.entries(payoutLetters).map(([name, writer]) => ({ name, mail: writer(to, payout) })),
  ]
}

/** Every letter that there is, written about one account. */
const write = (username: string): { name: string; mail: Mail }[] => [
  ...tradeLetters(username),
  ...Object.entries(accountLetters).map(([name, writer]) => ({
    name,
    mail: writer({ ...values, username }),
  })),
  ...toldKinds.map((kind) => ({
    name: kind,
    mail: securityLetter({ ...notice, kind, username, user_agent: '<i>' }, { appUrl, token }),
  })),
]

const letters = write('nova')

const linksOfText = (text: string) => text.match(/\w+:\/\/\S+/g) ?? []
const linksOfHtml = (html: string) =>
  [...html.matchAll(/href="([^"]*)"/g)].map(([, url]) => unescapeHtml(url!))
const escapes = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' } as const
const unescapeHtml = (html: string) =>
  Object.entries(escapes).reduce((text, [escaped, plain]) => text.replaceAll(escaped, plain), html)

describe.each(letters)('the letter $name', ({ mail: { subject, text, html } }) => {
  it('has absolute links to the app alone, the same in both parts', () => {
    const links = linksOfText(text)

    expect(new Set(linksOfHtml(html))).toEqual(new Set(links))
    for (const link of links) expect(new URL(link).origin).toBe(appUrl)
  })

  it('has one line of subject, which tells no secret', () => {
    expect(subject).toMatch(/^[\x20-\x7e]{5,78}$/)
    expect(subject).not.toContain(token)
  })

  it('loads nothing from anywhere and has no style but inline', () => {
    expect(html).not.toMatch(/<(?:img|script|link|iframe|style|form)\b|url\(|class=/i)
    expect(html).not.toMatch(/\son\w+=/i)
  })

  it('names whom it is for in both parts', () => {
    expect(text).toMatch(/^Hello nova,\n/)
    expect(html).toContain('Hello nova,')
  })

  it('says in the text all that the HTML says', () => {
    const words = (from: string) => from.replace(/<br>|\s+/g, ' ')
    const paragraphs = [...html.matchAll(/<p style="margin:0 0 16px">(.*?)<\/p>/g)].map(([, body]) => body!)

    expect(paragraphs.length).toBeGreaterThan(1)
    for (const paragraph of paragraphs) expect(words(text)).toContain(unescapeHtml(words(paragraph)))
  })

  it('has lines that a terminal shows whole, but for links', () => {
    for (const line of text.split('\n')) {
      if (!line.includes('://')) expect(line.length).toBeLessThanOrEqual(78)
      expect(line.length).toBeLessThan(998)
      expect(line).not.toMatch(/[\p{Cc}]|\s$/u)
    }
  })
})

test.each(write('<script>alert("1")</script>'))('$name escapes what it is given', ({ mail }) => {
  expect(mail.html).not.toContain('<script')
  expect(mail.html).not.toContain('<i>')
  expect(mail.html).toContain('&lt;script&gt;alert(&quot;1&quot;)')
})

test('the letter of a link carries its token as it is', () => {
  const { text, html } = accountLetters.verificationLetter(values)

  expect(text).toContain('https://veza.example/verify-email?token=a-token_1\n')
  expect(html).toContain('href="https://veza.example/verify-email?token=a-token_1"')
})

test.each([
  { name: 'account exists', mail: accountLetters.accountExistsLetter(values) },
  { name: 'account unverified', mail: accountLetters.accountUnverifiedLetter(values) },
])('the letter "$name" holds no token', ({ mail: { text, html } }) => {
  expect(`${text}${html}`).not.toContain('token=')
})

test('a notice says when, on what and from where', () => {
  const { text } = securityLetter(notice, { appUrl, token })

  expect(text).toContain('When: 2026-05-04 03:02 UTC\nDevice: Chrome on Windows\nAddress: 192.0.2.7\n')
  expect(text).toContain('https://veza.example/not-me?token=a-token_1\n')
})

test.each([
  { recovery_codes_left: 9, words: '9 recovery codes are left.' },
  { recovery_codes_left: 1, words: '1 recovery code is left.' },
  { recovery_codes_left: 0, words: '0 recovery codes are left.' },
])('a notice of a used recovery code says "$words"', ({ recovery_codes_left, words }) => {
  const used = securityLetter(
    { ...notice, kind: 'recovery_code_used', recovery_codes_left },
    { appUrl, token },
  )
  const other = securityLetter({ ...notice, recovery_codes_left }, { appUrl, token })

  expect(used.text.replaceAll('\n', ' ')).toContain(words)
  expect(other.text.replaceAll('\n', ' ')).not.toContain(words)
})
