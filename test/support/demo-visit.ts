import type { Browser, Page } from 'playwright-core'
import { newClient, randomAddress } from './platform.ts'

export interface DemoVisit {
  readonly page: Page
  /** What a developer would see in red. */
  readonly complaints: string[]
}

/** Somebody with a browser of their own, from an address of their own; every wait ends after so long. */
export async function openVisit(browser: Browser, patienceMs: number): Promise<DemoVisit> {
  const { platform } = await newClient()
  const context = await browser.newContext()
  context.setDefaultTimeout(patienceMs)
  const address = randomAddress()
  await context.route(`${platform.api_url}/api/v1/auth/**`, (route) =>
    route.continue({ headers: { ...route.request().headers(), 'x-local-client-ip': address } }),
  )
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  return { page, complaints }
}

/** Becomes an artist as anybody does on the page of uploads. */
export async function joinAsArtist(page: Page, url: string): Promise<void> {
  await page.goto(url)
  await page.getByRole('button', { name: 'Start as a demo artist' }).click()
  await page.getByRole('heading', { name: 'Nothing to see yet' }).waitFor()
}
