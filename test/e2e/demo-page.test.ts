import { jest } from '@jest/globals'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { type AudioFile, until } from '../../infra/local/client.ts'
import { launchBrowser } from '../../infra/local/demo/browser.ts'
import { eicar, makeAudio } from '../support/audio.ts'
import { joinAsArtist, openVisit } from '../support/demo-visit.ts'
import { newClient } from '../support/platform.ts'

/** The page at /demo as somebody sees it who uploads a file and listens to it. */
const { platform } = await newClient()
const patienceMs = 60_000
// Each test is a whole visit.
jest.setTimeout(4 * patienceMs)

let browser: Browser
let context: BrowserContext
let page: Page
/** What a developer would see in red. */
let complaints: string[]

beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

beforeEach(async () => {
  ;({ page, complaints } = await openVisit(browser, patienceMs))
  context = page.context()
  await joinAsArtist(page, platform.demo_url)
})
afterEach(() => context?.close())

/** As the system does it for somebody who drags a file over the page. */
async function drop(target: Locator, { name, content_type, bytes }: AudioFile): Promise<void> {
  const [text, file] = [JSON.stringify(bytes.toString('base64')), JSON.stringify(name)]
  const dataTransfer = await page.evaluateHandle(`(() => {
    const bytes = Uint8Array.from(atob(${text}), (letter) => letter.charCodeAt(0))
    const transfer = new DataTransfer()
    transfer.items.add(new File([bytes], ${file}, { type: ${JSON.stringify(content_type)} }))
    return transfer
  })()`)
  for (const type of ['dragenter', 'dragover', 'drop']) await target.dispatchEvent(type, { dataTransfer })
}

const zone = () => page.getByText('Drop audio here')
const confirmRights = () => page.getByLabel('I hold the rights').check()
const state = (word: string) => page.locator('#track-actions').getByText(word, { exact: true })
const sound = <T>(property: string) =>
  page.evaluate(`document.querySelector('audio').${property}`) as Promise<T>

/** How much of the waveform's canvas is painted: of a flat line two in a hundred pixels. */
const paintedShare = () =>
  page.evaluate(`(() => {
    const canvas = document.querySelector('.seek canvas')
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
    return data.filter((value, index) => index % 4 === 3 && value > 0).length / (data.length / 4)
  })()`) as Promise<number>

test('a file that is dropped in goes through every step, and is heard', async () => {
  await drop(zone(), {
    name: 'low_tide.flac',
    content_type: 'audio/flac',
    bytes: await makeAudio('flac', { seconds: 30 }),
  })
  await page.getByText('One file waits until you confirm your rights').waitFor()
  await confirmRights()
  await state('ready').waitFor()

  const steps = await page
    .getByRole('list')
    .filter({ hasText: 'Virus scan' })
    .getByRole('listitem')
    .allTextContents()
  expect(steps).toEqual([
    expect.stringMatching(/^Upload, done[\d.]+ m?s$/),
    expect.stringMatching(/^Virus scan, done[\d.]+ m?s$/),
    expect.stringMatching(/^Metadata, done[\d.]+ m?s$/),
    expect.stringMatching(/^Transcode, done[\d.]+ m?s$/),
    expect.stringMatching(/^Ready, done/),
  ])
  await page.getByRole('row', { name: /Title low tide Low Tide/ }).waitFor()
  await page.getByRole('row', { name: /Artist — Ada North/ }).waitFor()

  await page.getByText('LUFS').waitFor()
  await until('the waveform', async () => ((await paintedShare()) > 0.1 ? true : undefined), patienceMs)

  await page.getByRole('button', { name: 'Play', exact: true }).click()
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
  const before = await sound<number>('currentTime')
  await until(
    'the sound to go on',
    async () => ((await sound<number>('currentTime')) > before + 0.5 ? true : undefined),
    patienceMs,
  )
  expect(await sound<number>('webkitAudioDecodedByteCount')).toBeGreaterThan(10_000)

  await page.getByRole('slider', { name: 'Position' }).press('ArrowRight')
  await until(
    'the jump',
    async () => ((await sound<number>('currentTime')) >= 5 ? true : undefined),
    patienceMs,
  )
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.getByRole('button', { name: 'Play', exact: true }).waitFor()
  expect(await sound<boolean>('paused')).toBe(true)

  await page.getByRole('button', { name: 'Preview', exact: true }).click()
  await until(
    'the preview',
    async () =>
      (await sound<string>('currentSrc')).includes('/previews/') && (await sound<number>('currentTime')) > 0.2
        ? true
        : undefined,
    patienceMs,
  )
  const saving = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download', exact: true }).click()
  expect((await saving).suggestedFilename()).toMatch(/ - low tide\.flac$/)

  await page.getByRole('button', { name: 'Use the file’s Genre' }).click()
  await page.getByRole('row', { name: /Genre Ambient Ambient/ }).waitFor()
  expect(complaints).toEqual([])
})

test('an infected file is refused for all to see, and another file can take its place', async () => {
  const bytes = eicar(await makeAudio('wav'))
  await confirmRights()
  await drop(zone(), { name: 'not_music.wav', content_type: 'audio/wav', bytes })
  await state('rejected').waitFor()

  await page.getByRole('listitem').filter({ hasText: 'Virus scan, failed' }).waitFor()
  await page
    .locator('#sentence')
    .getByText(/harmful|infected/)
    .waitFor()
  expect(await page.getByRole('button', { name: 'Play', exact: true }).isVisible()).toBe(false)

  const choosing = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Send another file' }).click()
  const buffer = await makeAudio('mp3')
  await (await choosing).setFiles({ name: 'music.mp3', mimeType: 'audio/mpeg', buffer })
  await state('ready').waitFor()
  expect(complaints).toEqual([])
})

test('names, titles and tags are text, whatever stands in them', async () => {
  const hostile = '<img src=x onerror=alert(1)><script>alert(2)</script>'
  const bytes = await makeAudio('mp3', { tags: { title: hostile, artist: `${hostile}"'\u{1F30A}` } })
  await confirmRights()
  await drop(zone(), { name: `${hostile.replaceAll('/', '')}.mp3`, content_type: 'audio/mpeg', bytes })
  await state('ready').waitFor()

  await page.getByRole('heading', { name: hostile.replaceAll('/', ''), exact: true }).waitFor()
  await page.getByRole('cell', { name: hostile, exact: false }).first().waitFor()
  expect(await page.locator('main img, main script').count()).toBe(0)
  expect(complaints).toEqual([])
})

test('everything can be reached, named and done with the keyboard alone', async () => {
  const nameless =
    await page.evaluate(`[...document.querySelectorAll('button, input, a, [role=slider], canvas, svg, img')]
    .filter((element) => !element.closest('[aria-hidden=true], [hidden]') && !(element instanceof HTMLCanvasElement))
    .filter((element) => !(element.ariaLabel || element.textContent.trim() || element.alt !== undefined || element.labels?.length))
    .map((element) => element.outerHTML)`)
  expect(nameless).toEqual([])

  await page.getByLabel('I hold the rights').focus()
  await page.keyboard.press('Space')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await state('ready').waitFor()
  await page.getByRole('button', { name: 'Play', exact: true }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Pause', exact: true }).waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('End')
  const slider = page.getByRole('slider', { name: 'Position' })
  await until(
    'the end',
    async () => (Number(await slider.getAttribute('aria-valuenow')) >= 15 ? true : undefined),
    patienceMs,
  )
  expect(complaints).toEqual([])
})

test('a large file goes on after a reload, and sends no part twice', async () => {
  const sent: number[] = []
  page.on('requestfinished', (request) => {
    const number = new URL(request.url()).searchParams.get('partNumber')
    if (request.method() === 'PUT' && number) sent.push(Number(number))
  })
  const devtools = await context.newCDPSession(page)
  await devtools.send('Network.emulateNetworkConditions', {
    ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 8 * 1024 ** 2 },
  })
  await confirmRights()
  await page.getByRole('button', { name: 'a long one', exact: true }).click()
  await page.getByText('part 3 of 7').waitFor()
  await page.getByRole('button', { name: 'Pause', exact: true }).click()
  await page.getByText('paused', { exact: false }).first().waitFor()

  complaints.length = 0
  await page.reload()
  const before = [...sent]
  expect(before.length).toBeGreaterThanOrEqual(2)
  expect(before.length).toBeLessThan(7)
  await page.getByText(/part [3-7] of 7 · .*left/).waitFor()
  await devtools.send('Network.emulateNetworkConditions', {
    ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: -1 },
  })
  await page.getByRole('listitem').filter({ hasText: 'Upload, done' }).waitFor()

  expect(sent).toEqual([1, 2, 3, 4, 5, 6, 7])
  expect(complaints).toEqual([])
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('heading', { name: 'Nothing to see yet' }).waitFor()
})

test('what failed for no fault of the file is explained, and taken up again by a button', async () => {
  let hasFailed = true
  const bytes = await makeAudio('ogg')
  await context.route(`${platform.api_url}/api/v1/tracks/*/uploads/*`, async (route) => {
    const response = await route.fetch()
    const failed = {
      status: 'failed',
      status_reason: 'stream_failed',
      status_detail: 'Try it.',
      can_retry: true,
    }
    if (!hasFailed || route.request().method() !== 'GET') return route.fulfill({ response })
    await route.fulfill({ response, json: { ...(await response.json()), ...failed } })
  })
  await context.route(`${platform.api_url}/api/v1/tracks/*/uploads/*/retry`, (route) => {
    hasFailed = false
    return route.fulfill({ status: 202, json: {} })
  })
  await confirmRights()
  await drop(zone(), { name: 'calm.ogg', content_type: 'audio/ogg', bytes })

  await state('failed').waitFor()
  await page.locator('#sentence').getByText('Try it.', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Retry', exact: true }).click()
  await state('ready').waitFor()
  expect(complaints).toEqual([])
})
