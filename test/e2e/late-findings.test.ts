import { createHash } from 'node:crypto'
import { expectStatus, type Json, until } from '../../infra/local/client.ts'
import { learn, sweep, unlearn, uploadMarked } from '../support/late-findings.ts'
import { control, newClient } from '../support/platform.ts'

const client = await newClient()
const { platform } = client
const patienceMs = 90_000

const sweepUntil = <T>(what: string, look: () => Promise<T | undefined>) =>
  until(
    what,
    async () => {
      await sweep()
      return look()
    },
    patienceMs,
  )

const statusOf = async (path: string, call = {}) => (await client.request('GET', path, call)).status
const fetched = async (url: string) => (await fetch(url)).status

test('a file that new definitions find is gone from every door, and back once they do not find it', async () => {
  const owner = await client.join()
  const { token } = owner
  const upload = await uploadMarked(client, token, { title: 'Low Tide', visibility: 'public' })
  const { track_id, version_id, marker, bytes } = upload
  const track = `/api/v1/tracks/${track_id}`
  const caller = platform.callers.stream_server!
  const askSource = () => client.signed(caller, 'GET', `/api/v1/internal/tracks/${track_id}/source`)

  // Links that are out already.
  const source = expectStatus(200, await askSource())
  const download = expectStatus(200, await client.request('GET', `${track}/download`, { token }))
  expect(await fetched(source.url)).toBe(200)
  expect(await fetched(download.url)).toBe(200)
  expect(await statusOf(`${track}/stream`)).toBe(200)

  await learn(marker)
  await sweepUntil('the track to be gone', async () => ((await statusOf(track)) === 404 ? true : undefined))

  await until('the links to be dead', async () => ((await fetched(source.url)) === 403 ? true : undefined))
  expect(await fetched(download.url)).toBe(403)
  expect(await statusOf(`${track}/stream`)).toBe(404)
  expect(await statusOf(`${track}/stream`, { token })).toBe(409)
  expect([404, 409]).toContain(await statusOf(`${track}/download`, { token }))
  expect((await askSource()).status).toBe(404)
  expect(expectStatus(200, await client.request('GET', track, { token }))).toMatchObject({
    status: 'rejected',
    status_reason: 'infected',
    version: null,
  })
  const version = `${track}/versions/${version_id}`
  expect(expectStatus(200, await client.request('GET', version, { token }))).toMatchObject({
    status: 'withdrawn',
  })
  expectStatus(409, await client.request('POST', `${version}/activate`, { token }))

  // The scanner leaves what it has to tell to the next minute's run.
  await control('schedules/outbox-relay/run', {})
  const mail = await client.mailTo(owner.email, /taken out/)
  expect(mail.body.text).toContain('Test.Late.Finding')
  await until('the notification', async () => {
    const { data } = expectStatus(200, await client.request('GET', '/api/v1/notifications', { token }))
    return data.find((one: Json) => one.kind === 'version_withdrawn')
  })
  expect(await isRevoked(version_id)).toBe(true)

  await unlearn(marker)
  const { token: moderator } = await client.admin()
  const asked = await client.request('POST', `/api/v1/admin/versions/${version_id}/reinstate`, {
    token: moderator,
  })
  expect(expectStatus(202, asked)).toMatchObject({ id: version_id, is_reinstatement_asked: true })
  await sweepUntil('the track to be back', async () => ((await statusOf(track)) === 200 ? true : undefined))

  const again = expectStatus(200, await client.request('GET', `${track}/download`, { token }))
  await until('the file to be readable', async () => ((await fetched(again.url)) === 200 ? true : undefined))
  const body = Buffer.from(await (await fetch(again.url)).arrayBuffer())
  expect(sha256(body)).toBe(sha256(bytes))
}, 240_000)

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

async function isRevoked(versionId: string): Promise<boolean> {
  const caller = platform.callers.stream_server!
  let cursor = ''
  for (;;) {
    const path = `/api/v1/internal/revocations?limit=100${cursor && `&cursor=${cursor}`}`
    const page = expectStatus(200, await client.signed(caller, 'GET', path))
    if (page.data.some((one: Json) => one.version_id === versionId)) return true
    if (!page.has_more) return false
    cursor = page.next_cursor
  }
}
