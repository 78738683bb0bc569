import { readFile } from 'node:fs/promises'
import { jest } from '@jest/globals'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser } from '../../infra/local/demo/browser.ts'
import { joinAsArtist, openVisit } from '../support/demo-visit.ts'
import { newClient } from '../support/platform.ts'

/** The page at /demo/dashboard as an artist sees it whom nobody has listened to, and then some have. */
const { platform } = await newClient()
const patienceMs = 60_000
jest.setTimeout(4 * patienceMs)

let browser: Browser
let page: Page
let complaints: string[]

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

beforeEach(async () => {
  ;({ page, complaints } = await openVisit(browser, patienceMs))
})
afterEach(() => page?.context().close())

const total = (label: string) => page.locator('.total').filter({ hasText: label }).locator('strong')
const rangeButton = (label: string) => page.getByRole('button', { name: label, exact: true })

async function makeSong(): Promise<void> {
  await page.getByLabel('I hold the rights').check()
  await rangeButton('a made song').click()
  await page.locator('#track-actions').getByText('ready', { exact: true }).waitFor()
}

test('shows nothing, then the listeners that were made up, as charts, tables and a file', async () => {
  await joinAsArtist(page, platform.demo_url)
  await makeSong()

  await page.getByRole('link', { name: 'Dashboard' }).click()
  await page.getByRole('heading', { name: 'Nobody has listened yet' }).waitFor()
  expect(await total('Plays').textContent()).toBe('0')

  await page.getByRole('button', { name: 'Make up three months of listeners' }).click()
  await page.getByRole('img', { name: /^Plays by day/ }).waitFor()
  const plays = Number((await total('Plays').textContent())?.replace(',', ''))
  const listeners = Number((await total('Listeners').textContent())?.replace(',', ''))
  expect(plays).toBeGreaterThan(100)
  expect(listeners).toBeGreaterThan(0)
  expect(listeners).toBeLessThanOrEqual(plays)
  await page.getByRole('img', { name: /hear the end/ }).waitFor()
  for (const name of ['France', 'Playlists', 'Mobile', 'Known robots']) {
    await page.getByText(name, { exact: true }).waitFor()
  }

  await rangeButton('7 days').click()
  await page.getByText('The figures of 7 days are shown').waitFor({ state: 'attached' })
  expect(Number((await total('Plays').textContent())?.replace(',', ''))).toBeLessThan(plays)

  const [download] = await Promise.all([page.waitForEvent('download'), rangeButton('Save as CSV').click()])
  const lines = (await readFile(await download.path(), 'utf8')).trim().split(/\r?\n/)
  expect(lines[0]).toContain('play_count')
  expect(lines.length).toBeGreaterThan(1)
  expect(complaints).toEqual([])
})

test('asks who it is first', async () => {
  await page.goto(`${platform.demo_url}/dashboard`)
  await page.getByRole('heading', { name: 'Who listens, and how long' }).waitFor()
  expect(await page.locator('#figures').isHidden()).toBe(true)
  expect(complaints).toEqual([])
})
