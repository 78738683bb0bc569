import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { type Answer, gatewayAnswer } from './gateway/answer.ts'
import type { GatewayRequest } from './gateway/event.ts'

export interface DemoPageOptions {
  /** The page itself needs none for the API: it is served beside it. */
  readonly urls: {
    readonly docs: string
    readonly mailbox: string
    readonly frontDoor: string
    readonly streamServer: string
    readonly media: string
  }
  /** Reads its sources anew for every visit. */
  readonly isWatching: boolean
}

interface File {
  readonly type: string
  readonly body: string
  readonly etag: string
}

interface Mail {
  readonly subject: string
  readonly at: number
  readonly destination: { readonly to: readonly string[] }
  readonly body: { readonly text?: string; readonly html?: string }
}

const sources = path.join(import.meta.dirname, 'demo-page')

/**
 * The page at `/demo`, where one sees a file become a track, and that of who listens. They stand beside the API as
 * `/_local` does, have no rights that a browser would not have, and are in no template. Built when one is first asked
 * for, in a tenth of a second.
 */
export function createDemoPage({ urls, isWatching }: DemoPageOptions) {
  const headers = pageHeaders(urls)
  let files: Promise<ReadonlyMap<string, File>> | undefined

  const readFiles = (pathname: string) => {
    if (!files || (isWatching && isPage(pathname))) files = buildPage(urls)
    // A source with a mistake in it is not remembered as the page.
    files.catch(() => {
      files = undefined
    })
    return files
  }

  /** Undefined for what is not below `/demo`. */
  return async ({ method, rawPath, rawQueryString, headers: sent }: Asked): Promise<Answer | undefined> => {
    if (rawPath !== '/demo' && !rawPath.startsWith('/demo/')) return undefined
    if (method !== 'GET' && method !== 'HEAD') return gatewayAnswer(405, 'Method Not Allowed')
    if (rawPath === '/demo/mails') return readMails(urls.mailbox, new URLSearchParams(rawQueryString))
    const file = (await readFiles(rawPath)).get(rawPath)
    if (!file) return gatewayAnswer(404, 'Not Found')
    const known = { ...headers, etag: file.etag }
    if (sent['if-none-match'] === file.etag) return { status: 304, headers: known, body: '' }
    return { status: 200, headers: { ...known, 'content-type': file.type }, body: file.body }
  }
}

type Asked = Pick<GatewayRequest, 'method' | 'rawPath' | 'rawQueryString' | 'headers'>

/** Nothing is fetched from anywhere else, and no text can become markup or script. */
function pageHeaders({ frontDoor, streamServer, media }: DemoPageOptions['urls']): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    `img-src 'self' ${media}`,
    // In `data:` addresses Uppy is handed what S3 would have said.
    `connect-src 'self' data: ${frontDoor} ${streamServer} ${media}`,
    `media-src blob: ${media}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ]
  return {
    'content-security-policy': policy.join('; '),
    'cache-control': 'no-cache',
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  }
}

async function buildPage(urls: DemoPageOptions['urls']): Promise<ReadonlyMap<string, File>> {
  const [uploads, dashboard, ...texts] = await Promise.all([
    bundle('main.ts'),
    bundle('dashboard/main.ts'),
    ...['index.html', 'dashboard/index.html', 'style.css', 'dashboard/dashboard.css', 'icon.svg'].map(
      (name) => readFile(path.join(sources, name), 'utf8'),
    ),
    readFile(uplotStyle, 'utf8'),
  ])
  const [page, dashboardPage, style, dashboardStyle, icon, chartStyle] = texts as readonly string[]
  const fill = (html: string) =>
    html.replaceAll('{{docs_url}}', urls.docs).replaceAll('{{mailbox_url}}', urls.mailbox)
  return new Map([
    ['/demo', toFile('text/html; charset=utf-8', fill(page!))],
    ['/demo/main.js', toFile('text/javascript; charset=utf-8', uploads)],
    ['/demo/style.css', toFile('text/css; charset=utf-8', style!)],
    ['/demo/icon.svg', toFile('image/svg+xml', icon!)],
    ['/demo/dashboard', toFile('text/html; charset=utf-8', fill(dashboardPage!))],
    ['/demo/dashboard.js', toFile('text/javascript; charset=utf-8', dashboard)],
    ['/demo/dashboard.css', toFile('text/css; charset=utf-8', dashboardStyle!)],
    ['/demo/uplot.css', toFile('text/css; charset=utf-8', chartStyle!)],
  ])
}

const uplotStyle = fileURLToPath(import.meta.resolve('uplot/dist/uPlot.min.css'))

async function bundle(entry: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(sources, entry)],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2024',
    write: false,
    legalComments: 'none',
    logLevel: 'silent',
    tsconfigRaw: {},
  })
  return outputFiles[0]!.text
}

const isPage = (pathname: string) => pathname === '/demo' || pathname === '/demo/dashboard'

const toFile = (type: string, body: string): File => ({
  type,
  body,
  etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
})

/** What was mailed to one address: the mailbox's own origin is closed to pages, so that no website reads it. */
async function readMails(mailboxUrl: string, query: URLSearchParams): Promise<Answer> {
  const response = await fetch(`${mailboxUrl}/store`)
  const { emails } = (await response.json()) as { emails: Mail[] }
  const data = emails
    .filter(({ destination }) => destination.to.includes(query.get('to') ?? ''))
    .sort((one, other) => other.at - one.at)
    .map(({ subject, body }) => ({ subject, text: body.text ?? body.html ?? '' }))
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify({ data }),
  }
}
