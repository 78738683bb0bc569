import { randomUUID } from 'node:crypto'
import { expectStatus, putFile } from '../../infra/local/client.ts'
import { makeAudio } from '../support/audio.ts'
import { newClient } from '../support/platform.ts'

const client = await newClient()
const { stream_server, operator } = client.platform.callers
const { token } = await client.join()
const track = await client.createTrack(token)
const readyPath = `/api/v1/internal/tracks/${track.id}/stream-ready`

let versionId: string
beforeAll(async () => {
  const file = { name: 'a.wav', content_type: 'audio/wav', bytes: await makeAudio('wav') }
  const grant = await client.requestUpload(token, track.id, file)
  expect((await putFile(grant, file.bytes)).status).toBe(200)
  expect(await client.followUpload(token, track.id, grant.upload_id)).toMatchObject({ status: 'ready' })
  versionId = expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}`)).version.id
})

const report = (over: object = {}) => ({
  version_id: versionId,
  job_id: randomUUID(),
  manifest_key: 'forged',
  ...over,
})
const manifestOf = async () =>
  new URL(expectStatus(200, await client.request('GET', `/api/v1/tracks/${track.id}/stream`)).manifest_url)
    .pathname

test('stream-ready without a signature is refused', async () => {
  expect(await client.request('POST', readyPath, { body: report() })).toMatchObject({ status: 403 })
})

test('a user token does not open an internal route', async () => {
  expect(await client.request('POST', readyPath, { token, body: report() })).toMatchObject({ status: 403 })
})

test("another caller's key is refused", async () => {
  expect(await client.signed(operator!, 'POST', readyPath, report())).toMatchObject({ status: 403 })
})

test('a key with a wrong secret is refused', async () => {
  const forged = { ...stream_server!, secret_access_key: 'x'.repeat(40) }
  expect(await client.signed(forged, 'POST', readyPath, report())).toMatchObject({ status: 403 })
})

test('stream-ready of another job or an old version is ignored with 200 and changes nothing', async () => {
  const before = await manifestOf()
  expect(await client.signed(stream_server!, 'POST', readyPath, report())).toMatchObject({ status: 200 })
  const old = report({ version_id: randomUUID() })
  expect((await client.signed(stream_server!, 'POST', readyPath, old)).status).toBeGreaterThanOrEqual(200)
  expect(await manifestOf()).toBe(before)
})

test('the source is given to the stream server alone, and not to a listener', async () => {
  const path = `/api/v1/internal/tracks/${track.id}/source?version_id=${versionId}`
  const source = expectStatus(200, await client.signed(stream_server!, 'GET', path))
  expect(source).toMatchObject({ sha256: expect.stringMatching(/^[0-9a-f]{64}$/), content_type: 'audio/wav' })
  expect((await fetch(source.url)).status).toBe(200)
  expect(await client.request('GET', path, { token })).toMatchObject({ status: 403 })
})
