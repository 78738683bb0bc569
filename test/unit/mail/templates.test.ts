import {
  accountExistsMail,
  accountUnverifiedMail,
  sessionRevokedMail,
  verificationMail,
} from '../../../lib/mail/templates.ts'

const appUrl = 'https://veza.example'

test('carries the verification link in both parts', () => {
  const { subject, text, html } = verificationMail('nova', appUrl, 'a-token_1')

  expect(subject).toBe('Verify your e-mail address')
  expect(text).toContain('https://veza.example/verify-email?token=a-token_1\n')
  expect(html).toContain('href="https://veza.example/verify-email?token=a-token_1"')
})

test.each([
  { name: 'account exists', mail: accountExistsMail('nova', appUrl) },
  { name: 'account unverified', mail: accountUnverifiedMail('nova', appUrl) },
  { name: 'session revoked', mail: sessionRevokedMail('nova', appUrl) },
])('the $name mail names the account and holds no token', ({ mail }) => {
  expect(mail.text).toContain('nova')
  expect(`${mail.text}${mail.html}`).not.toContain('token=')
})

test('loads nothing from anywhere', () => {
  expect(verificationMail('nova', appUrl, 't').html).not.toMatch(/<(img|script|link|iframe)|url\(/)
})

test('escapes what it is given', () => {
  const { html } = accountExistsMail('<b>&"', appUrl)

  expect(html).toContain('Hello &lt;b&gt;&amp;&quot;,')
})
