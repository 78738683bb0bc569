import { build } from 'esbuild'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { Client, Json } from '../../infra/local/client.ts'

const args = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
  // The page comes from the test, not from this machine, which alone may otherwise ask its servers.
  '--disable-features=LocalNetworkAccessChecks',
]

/** Where the web application may be; the API and the bucket let its pages in. */
const origin = 'http://localhost:5173/'

const script = `
  import Uppy from '@uppy/core'
  import AwsS3 from '@uppy/aws-s3'
  import { createUppyUploads } from './infra/local/demo-page/uppy-uploads.ts'

  window.start = (api, token) => {
    const call = async (method, path, body) => {
      const headers = { authorization: 'Bearer ' + token, ...(body && { 'content-type': 'application/json' }) }
      const answer = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) })
      if (!answer.ok) throw new Error(method + ' ' + path + ': ' + (await answer.text()))
      return answer.status === 204 ? undefined : answer.json()
    }
    window.uppy = new Uppy()
    window.uploads = createUppyUploads(uppy, call)
    uppy.use(AwsS3, uploads.options)
    window.sent = 0
    uppy.on('s3-multipart:part-uploaded', () => { window.sent += 1 })
  }

  // Each MiB is of one byte, so that parts in another order would be another file.
  window.makeLarge = (mebibytes) =>
    new File(Array.from({ length: mebibytes }, (_, i) => new Uint8Array(1024 ** 2).fill(i + 1)), 'large.wav', {
      type: 'audio/wav',
    })
  window.makeSmall = (base64) =>
    new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], 'small.wav', { type: 'audio/wav' })
  window.add = (file, track_id) =>
    uppy.addFile({ name: file.name, type: file.type, data: file, meta: { track_id } })
`

export interface UppyPage {
  readonly page: Page
  /** Runs in the page, where `uppy`, `uploads`, `add`, `makeLarge` and `makeSmall` are. */
  run(expression: string): Promise<Json>
  /** The numbers of the parts whose bytes were sent, from the last load of the page on. */
  readonly partsSent: number[]
  /** As somebody leaves the page and comes back: nothing of it is left. */
  reload(): Promise<void>
}

/** A page with the real packages of Uppy, as a client bundles them. */
export async function openUppyPage(browser: Browser, client: Client, token: string): Promise<UppyPage> {
  const bundle = await build({
    stdin: { contents: script, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    format: 'iife',
    write: false,
    logLevel: 'error',
  })
  const page = await browser.newPage()
  await page.route(`${origin}**`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>Upload</title>' }),
  )
  const partsSent: number[] = []
  page.on('request', (request) => {
    const part = new URL(request.url()).searchParams.get('partNumber')
    if (request.method() === 'PUT' && part) partsSent.push(Number(part))
  })
  const load = async () => {
    await page.goto(origin)
    await page.addScriptTag({ content: bundle.outputFiles[0]!.text })
    await page.evaluate(`start(${JSON.stringify(client.platform.api_url)}, ${JSON.stringify(token)})`)
    partsSent.length = 0
  }
  await load()
  return { page, partsSent, reload: load, run: (expression) => page.evaluate(expression) }
}

export const launchChromium = () =>
  chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args })
