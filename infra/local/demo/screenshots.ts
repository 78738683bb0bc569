import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { type Client, until } from '../client.ts'
import { launchBrowser } from './browser.ts'
import { detail, done, step } from './steps.ts'

const sizes = [
  { width: 400, height: 900 },
  { width: 1400, height: 900 },
]
const directory = path.resolve('.local/screenshots')

/** The pages at `/demo` in each of their states, in two widths, light and dark, as pictures. */
export async function takeScreenshots({ platform }: Client) {
  await mkdir(directory, { recursive: true })
  const browser = await launchBrowser()
  try {
    const page = await step('Open the page and join', () => open(browser, platform.demo_url))
    const devtools = await page.context().newCDPSession(page)
    const stage = { page, devtools, apiUrl: platform.api_url }
    for (const [name, reach] of Object.entries(states)) {
      await step(name, async () => {
        await reach(stage)
        await shoot(page, name)
      })
    }
  } finally {
    await browser.close()
  }
  done(`The pictures are in ${directory}.`)
}

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ deviceScaleFactor: 1, reducedMotion: 'reduce' })
  const page = await context.newPage()
  page.on('console', (message) => message.type() === 'error' && detail(`console: ${message.text()}`))
  await page.goto(url)
  await page.getByRole('button', { name: 'Start as a demo artist' }).waitFor()
  await shoot(page, 'signed-out')
  await page.getByRole('button', { name: 'Start as a demo artist' }).click()
  await page.getByRole('heading', { name: 'Nothing to see yet' }).waitFor()
  return page
}

interface Stage {
  readonly page: Page
  readonly devtools: CDPSession
  readonly apiUrl: string
}

const part = (apiUrl: string, verb: 'stop' | 'start') =>
  fetch(`${apiUrl}/_local/parts/stream-server/${verb}`, { method: 'POST' })

const limitNetwork = ({ devtools }: Stage, limits: { offline?: boolean; uploadThroughput?: number }) =>
  devtools.send('Network.emulateNetworkConditions', {
    ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 },
    ...limits,
  })

/** Not `waitForFunction`, which would evaluate a text in the page, where its policy forbids that. */
const reached = (page: Page, expression: string) =>
  until(expression, async () => ((await page.evaluate(expression)) ? true : undefined))

const sample = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
const seen = (page: Page, word: string) =>
  page.locator('#track-actions').getByText(word, { exact: true }).waitFor()

const states: Readonly<Record<string, (stage: Stage) => Promise<unknown>>> = {
  empty: async () => {},
  uploading: async (stage) => {
    const { page } = stage
    await page.getByLabel('I hold the rights').check()
    await limitNetwork(stage, { uploadThroughput: 200 * 1024 })
    await sample(page, 'a made song')
    await reached(page, "document.querySelector('progress').value > 0.2")
  },
  processing: async (stage) => {
    const { page, apiUrl } = stage
    await part(apiUrl, 'stop')
    await limitNetwork(stage, {})
    await seen(page, 'transcoding')
  },
  playing: async ({ page, apiUrl }) => {
    await part(apiUrl, 'start')
    await seen(page, 'ready')
    await page.getByRole('button', { name: 'Play', exact: true }).click()
    await reached(page, "document.querySelector('audio').currentTime > 0.5")
    await page.getByRole('slider', { name: 'Position' }).press('ArrowRight')
    await page.getByText('LUFS').waitFor()
  },
  rejected: async ({ page }) => {
    await sample(page, 'an infected file')
    await seen(page, 'rejected')
  },
  dashboard: async ({ page, apiUrl }) => {
    await page.goto(`${apiUrl}/demo/dashboard`)
    await page.getByRole('button', { name: 'Make up three months of listeners' }).click()
    await page.getByRole('img', { name: /hear the end/ }).waitFor()
  },
  offline: async (stage) => {
    const { page, apiUrl } = stage
    await page.goto(`${apiUrl}/demo`)
    await page.getByLabel('I hold the rights').check()
    await limitNetwork(stage, { offline: true })
    await sample(page, 'a made song')
    await page.getByText('cannot be reached').waitFor()
  },
}

async function shoot(page: Page, name: string): Promise<void> {
  for (const size of sizes) {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.setViewportSize(size)
      await page.evaluate('scrollTo(0, 0)')
      const file = path.join(directory, `${name}-${size.width}-${colorScheme}.png`)
      await page.screenshot({ path: file, fullPage: size.width < 500 || name === 'dashboard' })
    }
  }
}
