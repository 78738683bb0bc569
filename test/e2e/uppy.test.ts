import { createHash } from 'node:crypto'
import type { Browser } from 'playwright-core'
import { expectStatus, type Json, type Person, until } from '../../infra/local/client.ts'
import { makeAudio } from '../support/audio.ts'
import { newClient } from '../support/platform.ts'
import { launchChromium, openUppyPage, type UppyPage } from '../support/uppy-page.ts'

/** Uppy with its plugin for S3, as they come from npm, in a browser. */
const client = await newClient()
const mebibytes = 110

let browser: Browser
let uppy: UppyPage
let person: Person

beforeAll(async () => {
  person = await client.join('uppy')
  browser = await launchChromium()
  uppy = await openUppyPage(browser, client, person.token)
})
beforeEach(() => uppy.reload())
afterAll(() => browser?.close())

const get = async (path: string): Promise<Json> =>
  expectStatus(200, await client.request('GET', `/api/v1/tracks/${path}`, { token: person.token }))

const createTrack = async (): Promise<string> => (await client.createTrack(person.token)).id

/** Adds a large file and waits until some of its parts are there. */
async function beginLarge(trackId: string, parts: number) {
  await uppy.run(
    `window.fileId = add(makeLarge(${mebibytes}), ${JSON.stringify(trackId)}); void uppy.upload()`,
  )
  await uppy.page.waitForFunction(`window.sent >= ${parts}`, undefined, { timeout: 60_000 })
  return uppy.run('uploads.idsOfFile(fileId)')
}

const outcome =
  'uppy.upload().then(({ successful, failed }) => ({ sent: successful.length, failed: failed.map((f) => f.error) }))'
const done = { sent: 1, failed: [] }

test('a small file goes to one address, and plays', async () => {
  const trackId = await createTrack()
  const audio = (await makeAudio('wav')).toString('base64')

  await uppy.run(`window.fileId = add(makeSmall(${JSON.stringify(audio)}), ${JSON.stringify(trackId)})`)
  expect(await uppy.run(outcome)).toEqual(done)

  const { upload_id } = await uppy.run('uploads.idsOfFile(fileId)')
  const upload = await client.followUpload(person.token, trackId, upload_id)
  expect(upload).toMatchObject({ mode: 'single', status: 'ready' })
  expect(uppy.partsSent).toEqual([])
})

test('a large file is paused, the page is left, and a new one sends what is missing', async () => {
  const trackId = await createTrack()
  const ids = await beginLarge(trackId, 2)
  await uppy.run('uppy.pauseAll()')
  await uppy.reload()
  const before = await get(`${trackId}/uploads/${ids.upload_id}`)
  const there = before.parts_uploaded.map(({ part_number }: Json) => part_number)
  expect(before).toMatchObject({ mode: 'multipart', status: 'uploading', part_count: 7 })
  expect(there.length).toBeGreaterThanOrEqual(2)

  await uppy.run(`window.fileId = add(makeLarge(${mebibytes}), ${JSON.stringify(trackId)})`)
  await uppy.run(`uploads.resume(fileId, ${JSON.stringify(ids)})`)
  expect(await uppy.run(outcome)).toEqual(done)

  expect(uppy.partsSent).toEqual([1, 2, 3, 4, 5, 6, 7].filter((number) => !there.includes(number)))
  const hash = createHash('sha256')
  for (let index = 0; index < mebibytes; index += 1) hash.update(Buffer.alloc(1024 ** 2, index + 1))
  // It is no music; but what was looked at is what was sent.
  const end = await client.followUpload(person.token, trackId, ids.upload_id)
  expect(end).toMatchObject({ status: 'rejected', status_reason: 'unsupported_media' })
  const { data } = await get(`${trackId}/versions`)
  expect(data).toMatchObject([{ sha256: hash.digest('hex'), size_bytes: mebibytes * 1024 ** 2 }])
})

test('a large file is paused and goes on in the same page', async () => {
  const trackId = await createTrack()
  await beginLarge(trackId, 1)
  await uppy.run('uppy.pauseAll()')
  await uppy.run('new Promise((resolve) => { uppy.once("complete", resolve); uppy.resumeAll() })')
  const { upload_id } = await uppy.run('uploads.idsOfFile(fileId)')
  expect((await get(`${trackId}/uploads/${upload_id}`)).status).not.toBe('uploading')
})

test('a large file that is cancelled is aborted, and its track takes another one', async () => {
  const trackId = await createTrack()
  const { upload_id } = await beginLarge(trackId, 1)

  await uppy.run('uppy.cancelAll()')

  await until('the upload to be aborted', async () => {
    const { status, status_reason } = await get(`${trackId}/uploads/${upload_id}`)
    return status === 'failed' && status_reason === 'upload_aborted' ? true : undefined
  })
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes: Buffer.alloc(9) }
  const { upload_id: next } = await client.requestUpload(person.token, trackId, file)
  const path = `/api/v1/tracks/${trackId}/uploads/${next}`
  expectStatus(204, await client.request('DELETE', path, { token: person.token }))
})
