import fc from 'fast-check'
import { checkUrl } from '../../../lib/webhooks/url-rules.ts'

const check = (url: string) => checkUrl(url, { allowLocal: false })

test.each([
  'https://example.com',
  'https://hooks.example.com/veza?tenant=7',
  'https://hooks.example.com:443/veza',
  'https://hooks.example.com:8443/veza',
  'HTTPS://Hooks.Example.COM/',
  'https://bücher.example/hooks',
  'https://example.com/@somebody',
  'https://1.2.3.4.example.com/',
  `https://example.com/${'a'.repeat(2028)}`,
])('takes %s', (url) => expect(check(url)).toBeUndefined())

const secret = ['pass', 'word'].join('')

test.each([
  ['no URL', 'is not a URL'],
  ['', 'is not a URL'],
  ['//example.com/hooks', 'is not a URL'],
  ['https://', 'is not a URL'],
  ['https://1.2.3.4.5/', 'is not a URL'],
  ['https://256.1.1.1/', 'is not a URL'],
  [`https://example.com/${'a'.repeat(2029)}`, 'is longer than 2048 characters'],
  [' https://example.com/', 'holds white space, control characters or a backslash'],
  ['https://exa\nmple.com/', 'holds white space, control characters or a backslash'],
  ['https://example.com\\@127.0.0.1/', 'holds white space, control characters or a backslash'],
  ['https://example.com/a\u0000b', 'holds white space, control characters or a backslash'],
  ['https://user@example.com/', 'holds a user name or a password'],
  [`https://user:${secret}@example.com/`, 'holds a user name or a password'],
  ['https://@example.com/', 'holds a user name or a password'],
  ['https:example.com@127.0.0.1/', 'holds a user name or a password'],
  ['https://example.com/#top', 'has a fragment'],
  ['https://example.com/#', 'has a fragment'],
  ['http://example.com/', 'is not https'],
  ['ftp://example.com/', 'is not https'],
  ['file:///etc/passwd', 'is not https'],
  ['data:text/plain,hello', 'is not https'],
  ['https://example.com:80/', 'has a port other than 443 and 8443'],
  ['https://example.com:22/', 'has a port other than 443 and 8443'],
  ['https://example.com:0/', 'has a port other than 443 and 8443'],
  ['https://8.8.8.8/', 'names an address in place of a host'],
  ['https://127.0.0.1/', 'names an address in place of a host'],
  ['https://127.1/', 'names an address in place of a host'],
  ['https://2130706433/', 'names an address in place of a host'],
  ['https://0177.0.0.1/', 'names an address in place of a host'],
  ['https://017700000001/', 'names an address in place of a host'],
  ['https://0x7f.0.0.1/', 'names an address in place of a host'],
  ['https://0x7f000001/', 'names an address in place of a host'],
  ['https://0xA9.0xFE.0xA9.0xFE/latest/meta-data/', 'names an address in place of a host'],
  ['https://127。0。0。1/', 'names an address in place of a host'],
  ['https://１２７.０.０.１/', 'names an address in place of a host'],
  ['https://127.0.0.1./', 'names an address in place of a host'],
  ['https://%31%32%37.0.0.1/', 'names an address in place of a host'],
  ['https://[::1]/', 'names an address in place of a host'],
  ['https://[::ffff:127.0.0.1]/', 'names an address in place of a host'],
  ['https://[::ffff:7f00:1]:8443/', 'names an address in place of a host'],
  ['https://[2606:4700:4700::1111]/', 'names an address in place of a host'],
  ['https://intranet/', 'names no full host name'],
  ['https://localhost/', 'names no full host name'],
  ['https://example.com./', 'names no full host name'],
  ['https://example..com/', 'names no full host name'],
  [`https://${'a'.repeat(64)}.com/`, 'names no full host name'],
  ['https://veza.localhost/', 'names a host of a private network'],
  ['https://printer.local/', 'names a host of a private network'],
  ['https://PRINTER.LOCAL/', 'names a host of a private network'],
  ['https://metadata.google.internal/', 'names a host of a private network'],
  ['https://router.home.arpa/', 'names a host of a private network'],
  ['http://127.0.0.1:8080/', 'is not https'],
])('refuses %p: it %s', (url, reason) => expect(check(url)).toBe(reason))

describe('where this machine is the whole platform', () => {
  const locally = (url: string) => checkUrl(url, { allowLocal: true })

  test.each([
    'http://127.0.0.1',
    'http://127.0.0.1:8080/hooks',
    'http://127.0.0.1?a=b',
    'https://example.com/',
  ])('takes %s', (url) => expect(locally(url)).toBeUndefined())

  test.each([
    'https://127.0.0.1/',
    'http://127.0.0.2/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://localhost:8080/',
    'http://[::1]/',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://127.0.0.1.example.com/',
    'http://127.0.0.1@example.com/',
    'http://user@127.0.0.1/',
    'http://127.0.0.1/#top',
    'http://127.0.0.1:8080\\@example.com/',
  ])('refuses %s all the same', (url) => expect(locally(url)).toEqual(expect.any(String)))
})

test('takes no address whatever its spelling', () => {
  const part = fc
    .oneof(fc.integer({ min: 0, max: 255 }), fc.nat({ max: 0xffffffff }))
    .chain((value) => fc.constantFrom(String(value), `0x${value.toString(16)}`, `0${value.toString(8)}`))
  const host = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'))
  fc.assert(
    fc.property(host, (text) => {
      for (const allowLocal of [false, true])
        expect(checkUrl(`https://${text}/`, { allowLocal })).toEqual(expect.any(String))
    }),
  )
})

test('says something of any text, and throws at none', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.webUrl(),
        fc.string().map((text) => `https://${text}`),
      ),
      (text) => {
        const reason = check(text)
        if (reason === undefined) expect(new URL(text).protocol).toBe('https:')
        else expect(reason).not.toBe('')
      },
    ),
  )
})
