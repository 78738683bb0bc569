import { describeUserAgent } from '../../../lib/mail/user-agent.ts'

const webKit = 'AppleWebKit/537.36 (KHTML, like Gecko)'

test.each([
  {
    userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webKit} Chrome/140.0 Safari/537.36 Edg/140.0`,
    says: 'Edge on Windows',
  },
  {
    userAgent: `Mozilla/5.0 (X11; Linux x86_64) ${webKit} Chrome/140.0 Safari/537.36`,
    says: 'Chrome on Linux',
  },
  {
    userAgent: `Mozilla/5.0 (Linux; Android 15) ${webKit} Chrome/140.0 Mobile Safari/537.36`,
    says: 'Chrome on Android',
  },
  { userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko Firefox/140.0', says: 'Firefox on Linux' },
  {
    userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1',
    says: 'Safari on iOS',
  },
  {
    userAgent: 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Version/18.0 Safari/605.1',
    says: 'Safari on macOS',
  },
  { userAgent: 'VezaApp/1.0 (Android 15)', says: 'Android' },
  { userAgent: 'Click https://evil.example to win', says: 'An unknown app' },
  { userAgent: '', says: 'An unknown app' },
])('says "$says"', ({ userAgent, says }) => {
  expect(describeUserAgent(userAgent)).toBe(says)
})
