import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { createDemoPage } from '../../../infra/local/demo-page.ts'

const mails = [
  { subject: 'Older', at: 1, destination: { to: ['ada@example.com'] }, body: { text: 'first' } },
  { subject: 'Newer', at: 2, destination: { to: ['ada@example.com'] }, body: { text: 'second' } },
  { subject: 'Secret', at: 3, destination: { to: ['ben@example.com'] }, body: { text: 'not for Ada' } },
]
const mailbox = http.createServer((_, response) => response.end(JSON.stringify({ emails: mails })))
mailbox.listen(0, '127.0.0.1')
await once(mailbox, 'listening')
afterAll(() => mailbox.close())

const urls = {
  docs: 'http://127.0.0.1:1/docs',
  mailbox: `http://127.0.0.1:${(mailbox.address() as AddressInfo).port}`,
  frontDoor: 'http://127.0.0.1:2',
  streamServer: 'http://127.0.0.1:3',
  media: 'http://127.0.0.1:4',
}
const page = createDemoPage({ urls, isWatching: false })
const ask = (
  rawPath: string,
  given: { method?: string; query?: string; headers?: Record<string, string> } = {},
) =>
  page({
    method: given.method ?? 'GET',
    rawPath,
    rawQueryString: given.query ?? '',
    headers: given.headers ?? {},
  })

test('serves the page with its script, style and icon from its own origin, and nothing from elsewhere', async () => {
  const html = String((await ask('/demo'))!.body)
  const own = [...html.matchAll(/<(?:link|script|img)\b[^>]*?(?:href|src)="([^"]+)"/g)].map(([, url]) => url!)

  expect(own).toEqual(expect.arrayContaining(['/demo/icon.svg', '/demo/style.css', '/demo/main.js']))
  for (const url of own) expect(await ask(url)).toMatchObject({ status: 200 })
  const style = String((await ask('/demo/style.css'))!.body)
  expect(style).not.toMatch(/@import|url\(/)
  expect(html).not.toMatch(/<style|<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=/)
})

test('allows scripts and styles of its own only, connections to this platform only, and no text as script', async () => {
  const policy = (await ask('/demo'))!.headers['content-security-policy']!.split('; ')

  expect(policy).toEqual(
    expect.arrayContaining([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self' data: http://127.0.0.1:2 http://127.0.0.1:3 http://127.0.0.1:4",
      "require-trusted-types-for 'script'",
      "frame-ancestors 'none'",
    ]),
  )
  expect(policy.join()).not.toMatch(/unsafe|\*|https?:(?!\/\/127\.0\.0\.1)/)
})

test('answers 304 to whoever has it already', async () => {
  const { etag } = (await ask('/demo/main.js'))!.headers
  expect(await ask('/demo/main.js', { headers: { 'if-none-match': etag! } })).toMatchObject({
    status: 304,
    body: '',
  })
  expect(await ask('/demo/main.js', { headers: { 'if-none-match': '"other"' } })).toMatchObject({
    status: 200,
  })
})

test('shows the mails to one address, the newest first, and nobody else’s', async () => {
  const answer = (await ask('/demo/mails', { query: 'to=ada%40example.com' }))!
  const { data } = JSON.parse(String(answer.body))
  expect(data).toEqual([
    { subject: 'Newer', text: 'second' },
    { subject: 'Older', text: 'first' },
  ])
  expect(answer.headers['cache-control']).toBe('no-store')
  expect(JSON.parse(String((await ask('/demo/mails'))!.body))).toEqual({ data: [] })
})

test.each(['/demos', '/api/v1/tracks', '/', '/demo-page', '/docs'])('leaves %s to the API', async (path) => {
  expect(await ask(path)).toBeUndefined()
})

test('has no other files, not even its sources, and can only be read', async () => {
  for (const path of ['/demo/main.ts', '/demo/../package.json', '/demo/', '/demo/style.css/']) {
    expect(await ask(path)).toMatchObject({ status: 404 })
  }
  expect(await ask('/demo', { method: 'POST' })).toMatchObject({ status: 405 })
})
